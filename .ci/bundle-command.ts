import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { ASSET_FILES, makeAssets } from '../lib/console/assets.ts'

// The command `leasehold` with its libraries in dist/bin, and the page of its console in dist/console. The libraries are
// development dependencies: a user's install has none of them.

const NOTICES = 'dist/THIRD-PARTY-LICENSES.txt'

/** Bundles in a process of its own: esbuild with a plugin answers later, and a build is one call. */
export function bundleCommand(folder: string): void {
  const { status } = spawnSync(process.execPath, [import.meta.filename, folder], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`the bundle of the command ended with ${status}`)
}

async function bundle(folder: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ['bin/leasehold.ts'],
    outdir: 'dist/bin',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    logLevel: 'warning',
    external: dependenciesOf(folder),
    plugins: [besideTheCommand(folder)],
  })
  chmodSync(join(folder, 'dist/bin/leasehold.js'), 0o755)
  const page = await writePage(folder)
  writeFileSync(join(folder, NOTICES), noticesOf(folder, [...Object.keys(metafile.inputs), ...page]))
}

/** The server of the console reads the page from there. Returns the files that are in it. */
async function writePage(folder: string): Promise<readonly string[]> {
  const { assets, inputs } = await makeAssets()
  const into = join(folder, 'dist/console')
  mkdirSync(into, { recursive: true })
  for (const part of ['html', 'script', 'styles'] as const)
    writeFileSync(join(into, ASSET_FILES[part]), assets[part])
  return inputs
}

/** What an install of the package has: bundled too, it would be there twice. */
function dependenciesOf(folder: string): string[] {
  const described = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'peerDependencies',
    Record<string, string>
  >
  return Object.keys({ ...described.dependencies, ...described.peerDependencies })
}

/** Modules of lib, but for those of the command, stay the files that the package has in dist/lib. */
function besideTheCommand(folder: string): Plugin {
  const lib = `${join(folder, 'lib')}${sep}`
  const own = `${join(lib, 'cli')}${sep}`
  return {
    name: 'beside-the-command',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path)
        if (!file.startsWith(lib) || file.startsWith(own)) return undefined
        const built = relative(lib, file).replaceAll(sep, '/').replace(/\.ts$/u, '.js')
        return { path: `../lib/${built}`, external: true }
      })
    },
  }
}

/** The licence of each package that is in the bundle. Throws for a package without one. */
function noticesOf(folder: string, inputs: readonly string[]): string {
  const packages = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/u.exec(input)?.[0] ?? []),
  )
  const notices = [...packages].toSorted().map((path) => {
    const at = join(folder, path)
    const { name, version, license, author } = JSON.parse(
      readFileSync(join(at, 'package.json'), 'utf8'),
    ) as Record<'name' | 'version' | 'license' | 'author', string>
    const file = readdirSync(at).find((each) => /^licen[cs]e/iu.test(each))
    if (license === undefined) throw new Error(`${name} ${version} is in the bundle, and names no licence`)
    const text =
      file === undefined ? `Licence: ${license}, ${author}` : readFileSync(join(at, file), 'utf8').trim()
    return `${name} ${version}\n\n${text}\n`
  })
  return [
    'The command in dist/bin and its page in dist/console contain these packages, under their licences.\n',
    ...notices,
  ].join(`\n${'-'.repeat(80)}\n\n`)
}

if (import.meta.main) await bundle(realpathSync(process.argv[2] ?? join(import.meta.dirname, '..')))
