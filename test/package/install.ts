import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const CONSUMER = join(import.meta.dirname, 'consumer')
const PNPM_ANSWERS = join(ROOT, 'templates/project/pnpm-workspace.yaml')

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

/** What the installs before have looked up already is not asked of the registry again. */
export const NPM_INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A project of a user, in a folder outside this repository. */
export type Project = {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
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
  // The answer of a new project to what pnpm asks.
  cpSync(PNPM_ANSWERS, join(folder, 'pnpm-workspace.yaml'))
  const dependencies = { leasehold: `file:${tarball}`, valibot: '^1.5.0' }
  const described = { private: true, type: 'module', dependencies, devDependencies: packages }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(described))
  const project = projectIn(folder)
  const { code, stdout, stderr } = await (manager === 'npm'
    ? project.run('npm', ...NPM_INSTALL)
    : project.run(process.execPath, PNPM, 'install'))
  if (code !== 0) throw new Error(`${manager} install ended with ${code}:\n${stdout}\n${stderr}`)
  return project
}

/** `path`: another PATH than that of this machine. */
export function projectIn(folder: string, path?: string): Project {
  const env = environment(path)
  return { folder, env, run: (command, ...args) => run({ folder, env }, command, args) }
}

/** Makes a folder that is a whole PATH, with Node and npm in it and nothing else: no Java. */
export function pathWithoutJava(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(process.execPath, join(bin, 'node'))
  for (const name of ['npm', 'npx', 'sh']) symlinkSync(realpathSync(onPath(name)), join(bin, name))
  return bin
}

function onPath(name: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.map((each) => join(each, name)).find((each) => existsSync(each))
  if (found === undefined) throw new Error(`${name} is on no PATH of this machine`)
  return found
}

export const PNPM = join(ROOT, 'node_modules/pnpm/bin/pnpm.mjs')

/**
 * What a user's shell has: nothing of the test runner's that changes how Node or a package manager works, and none of this
 * repository's own settings, which npm hands to each script that it runs. The registry stays.
 */
function environment(path: string | undefined): NodeJS.ProcessEnv {
  const own = path === undefined ? {} : { PATH: path, JAVA_HOME: '' }
  return Object.fromEntries(
    Object.entries({ ...process.env, ...own }).filter(
      ([name]) =>
        !/^(NODE_OPTIONS|VITEST|npm_lifecycle|npm_package|npm_config_(strict|save|allow|engine)_)/iu.test(
          name,
        ),
    ),
  )
}

async function run(
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
  command: string,
  args: readonly string[],
): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd: folder, env })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}
