import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from './pack.ts'

// `npm run size:package`: what an install of the package takes on disk, with its production dependencies.

/** The most that it may take (1 MB = 1,000,000 bytes). */
export const INSTALLED_MAX_BYTES = 40_000_000

/** The most that a browser loads of the console, gzipped. */
export const PAGE_MAX_BYTES = { 'app.js': 45 * 1_024, 'app.css': 8 * 1_024 } as const

export type PageSize = Readonly<Record<keyof typeof PAGE_MAX_BYTES, number>>

/** Of the page in the built package in this folder, gzipped. */
export function measurePage(folder: string): PageSize {
  const bytesOf = (file: keyof PageSize) =>
    gzipSync(readFileSync(join(folder, 'dist/console', file)), { level: 9 }).length
  return { 'app.js': bytesOf('app.js'), 'app.css': bytesOf('app.css') }
}

export type InstalledSize = {
  readonly tarballBytes: number
  readonly installedBytes: number
  readonly packages: number
  /** By package, the heaviest first. */
  readonly inputs: readonly (readonly [name: string, bytes: number])[]
}

/** Installs the tarball into an empty project in this folder, and sums the sizes of all files. */
export function measureInstall(tarball: string, folder: string): InstalledSize {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  const options = [
    '--omit=dev',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ]
  execFileSync('npm', ['install', ...options, tarball], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const sizes = new Map<string, number>()
  const modules = join(folder, 'node_modules')
  for (const entry of globSync('**/*', { cwd: modules, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/u.exec(path)?.[1] ?? path
    sizes.set(name, (sizes.get(name) ?? 0) + statSync(path).size)
  }
  const inputs = [...sizes].toSorted(([, a], [, b]) => b - a)
  return {
    tarballBytes: statSync(tarball).size,
    installedBytes: inputs.reduce((sum, [, bytes]) => sum + bytes, 0),
    packages: inputs.length,
    inputs,
  }
}

function inMb(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1).padStart(5)} MB`
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-size-'))
  try {
    const packed = pack(folder)
    const { tarballBytes, installedBytes, packages, inputs } = measureInstall(packed.tarball, folder)
    const page = measurePage(packed.folder)
    const isOver = (file: keyof PageSize) => page[file] > PAGE_MAX_BYTES[file]
    const verdict = installedBytes > INSTALLED_MAX_BYTES ? 'OVER' : 'within'
    for (const file of ['app.js', 'app.css'] as const)
      process.stdout.write(
        `${(page[file] / 1_024).toFixed(1).padStart(5)} KB ${file} gzipped, ${isOver(file) ? 'OVER' : 'within'} the budget of ${PAGE_MAX_BYTES[file] / 1_024} KB\n`,
      )
    process.stdout.write(
      `${inMb(tarballBytes)} tarball; ${inMb(installedBytes)} installed in ${packages} packages, ${verdict} the budget of ${inMb(INSTALLED_MAX_BYTES)}\n`,
    )
    for (const [name, bytes] of inputs.slice(0, 12)) process.stdout.write(`        ${inMb(bytes)}  ${name}\n`)
    if (verdict === 'OVER' || isOver('app.js') || isOver('app.css')) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
