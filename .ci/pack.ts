import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.ts'

const ROOT = join(import.meta.dirname, '..')
/** What a build reads, and what lies beside its result in the package. */
const STAGED = [
  'bin',
  'functions',
  'lib',
  'templates',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package.json',
  'tsconfig.build.json',
  'tsconfig.json',
]

export type Packed = {
  /** The built package, with what this repository has installed. */
  readonly folder: string
  readonly tarball: string
}

/** Builds and packs a copy of the package in this folder, so that several can be made at once. */
export function pack(into: string): Packed {
  const folder = join(into, 'package')
  mkdirSync(folder, { recursive: true })
  for (const name of STAGED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  build(folder)
  const options = ['--silent', '--ignore-scripts', '--pack-destination', into]
  execFileSync('npm', ['pack', ...options], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const described = readFileSync(join(folder, 'package.json'), 'utf8')
  const { name, version } = JSON.parse(described) as { name: string; version: string }
  return { folder, tarball: join(into, `${name}-${version}.tgz`) }
}
