import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const CONSUMER = join(import.meta.dirname, 'consumer')

type Manifest = {
  readonly devDependencies: Record<string, string>
  readonly peerDependencies: Record<string, string>
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** What a user has beside the package, at both ends of what is supported. */
export const TOOLS = {
  oldest: { typescript: '5.9.3', '@types/node': '24.0.0' },
  newest: {
    typescript: manifest.devDependencies['typescript'] ?? '',
    '@types/node': manifest.devDependencies['@types/node'] ?? '',
  },
} as const
/** The first Node that `engines` allows. */
export const OLDEST_NODE = '24.0.0'

/** The peers as package.json has them: at the lower end of each range, or as new as the range allows. */
export function peersAt(end: keyof typeof TOOLS): Record<string, string> {
  const { peerDependencies: peers } = manifest
  if (end === 'newest') return peers
  return Object.fromEntries(
    Object.entries(peers).map(([name, range]) => [name, /\d+\.\d+\.\d+/u.exec(range)?.[0] ?? range]),
  )
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A project of a user, in a folder outside this repository. */
export type Project = {
  readonly folder: string
  /** Runs a command in it. An end with another code than 0 is an answer too. */
  run(command: string, ...args: readonly string[]): Promise<Ran>
}

/** Copies the consumer's code into the folder, and installs the tarball and these packages for it. */
export async function install(options: {
  readonly manager: 'npm' | 'pnpm'
  readonly folder: string
  readonly tarball: string
  readonly packages: Record<string, string>
}): Promise<Project> {
  const { manager, folder, tarball, packages } = options
  cpSync(CONSUMER, folder, { recursive: true })
  const dependencies = { leasehold: `file:${tarball}`, valibot: '^1.5.0' }
  const described = { private: true, type: 'module', dependencies, devDependencies: packages }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(described))
  const project = projectIn(folder)
  const { code, stdout, stderr } = await (manager === 'npm'
    ? project.run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error')
    : project.run(process.execPath, PNPM, 'install', '--config.strict-dep-builds=false'))
  if (code !== 0) throw new Error(`${manager} install ended with ${code}:\n${stdout}\n${stderr}`)
  return project
}

export function projectIn(folder: string): Project {
  return { folder, run: (command, ...args) => run(folder, command, args) }
}

export const PNPM = join(ROOT, 'node_modules/pnpm/bin/pnpm.mjs')

/**
 * What a user's shell has: nothing of the test runner's that changes how Node or a package manager works, and none of this
 * repository's own settings, which npm hands to each script that it runs. The registry stays.
 */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(NODE_OPTIONS|VITEST|npm_lifecycle|npm_package|npm_config_(strict|save|allow|engine)_)/iu.test(
          name,
        ),
    ),
  )
}

async function run(folder: string, command: string, args: readonly string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd: folder, env: environment() })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}
