import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { esbuildOptions, type BundleChoice } from './options.ts'

// A program of its own: CDK waits for a bundle and cannot await one, and esbuild's command takes no plugin.

/** `native`: packages that cannot be put into one file, to be installed beside it. */
export type BuildRequest = BundleChoice & { readonly folder: string; readonly native: readonly string[] }

/** Node's name of a package's description. */
const DESCRIPTION = 'package.json'
const LOCK = 'package-lock.json'

async function main({ entry, external = [], folder, native }: BuildRequest): Promise<void> {
  await build({
    ...esbuildOptions({ entry, external: [...external, ...native] }),
    outfile: join(folder, 'index.mjs'),
    logLevel: 'warning',
    write: true,
    metafile: false,
  })
  if (native.length > 0) install(entry, folder, native)
}

/**
 * Installs packages for Lambda's platform, whatever machine this is: at the versions of the lock beside the entry, or
 * else at those that are installed there.
 */
function install(entry: string, folder: string, native: readonly string[]): void {
  const versions = native.map((name) => [name, versionOf(name, dirname(entry))] as const)
  writeFileSync(join(folder, DESCRIPTION), JSON.stringify({ dependencies: Object.fromEntries(versions) }))
  const lock = above(dirname(entry)).find((path) => existsSync(join(path, LOCK)))
  if (lock !== undefined) copyFileSync(join(lock, LOCK), join(folder, LOCK))
  const { status } = spawnSync(
    'npm',
    ['install', '--omit=dev', '--install-links', '--no-audit', '--no-fund', '--loglevel=error', ...PLATFORM],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (status !== 0) throw new Error(`npm could not install ${native.join(', ')} for Lambda`)
  for (const name of [LOCK, DESCRIPTION, 'node_modules/.package-lock.json'])
    rmSync(join(folder, name), { force: true })
}
const PLATFORM = ['--os=linux', '--cpu=arm64', '--libc=glibc']

/** A package from a folder of the author's keeps its place; any other has the version that is installed. */
function versionOf(name: string, from: string): string {
  for (const path of above(from)) {
    const declared = descriptionIn(path)?.dependencies?.[name]
    if (declared?.startsWith('file:') === true) return `file:${resolve(path, declared.slice('file:'.length))}`
    const installed = descriptionIn(join(path, 'node_modules', name))?.version
    if (installed !== undefined) return installed
  }
  throw new Error(`${name} is not installed beside the entry: add it to its package.json, and install it`)
}

type Description = { readonly version?: string; readonly dependencies?: { readonly [name: string]: string } }

function descriptionIn(folder: string): Description | undefined {
  const path = join(folder, DESCRIPTION)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Description) : undefined
}

/** The folder and all that it lies in. */
function above(folder: string): readonly string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...above(parent)]
}

try {
  await main(JSON.parse(process.argv[2] ?? '') as BuildRequest)
} catch (error) {
  // esbuild has told its own errors already.
  if (!(error instanceof Error && 'errors' in error)) process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
}
