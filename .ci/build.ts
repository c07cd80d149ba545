import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleCommand } from './bundle-command.ts'

// `npm run build`: the package's JavaScript, declarations and source maps, in dist/. Nothing in this repository needs them:
// here everything runs from the sources.

/** Imports of declarations keep the endings of the sources. Of one length, so the maps stay true. */
const IMPORT = /(\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)(['"])(\.[^'"\n]*)\.ts\2/gu

/** Builds the project in this folder, which has the sources, the configuration and `node_modules`. */
export function build(folder: string): void {
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const tsc = join(folder, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`the compiler ended with ${status}:\n${stdout}`)
  for (const path of globSync('**/*.d.ts', { cwd: dist })) {
    const file = join(dist, path)
    writeFileSync(file, withJavaScriptEndings(readFileSync(file, 'utf8')))
  }
  bundleCommand(folder)
}

export function withJavaScriptEndings(declarations: string): string {
  return declarations.replace(IMPORT, '$1$2$3.js$2')
}

if (import.meta.main) build(join(import.meta.dirname, '..'))
