import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import type { BuildIssue } from './programs.ts'

/** The author's own compiler, with the author's own settings. */
export type Compiler = { readonly tsc: string; readonly config: string; readonly folder: string }

/** The compiler of a project: what `tsc` would be, with the nearest `tsconfig.json` above the entry. Undefined without one. */
export function findCompiler(entry: string, root: string): Compiler | undefined {
  const config = nearestConfig(dirname(entry), root)
  if (config === undefined) return undefined
  try {
    const description = createRequire(config).resolve('typescript/package.json')
    return { tsc: join(dirname(description), 'bin/tsc'), config, folder: dirname(config) }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function nearestConfig(folder: string, root: string): string | undefined {
  const config = join(folder, 'tsconfig.json')
  if (existsSync(config)) return config
  const outside = folder === root || dirname(folder) === folder
  return outside ? undefined : nearestConfig(dirname(folder), root)
}

const ERROR = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/u

/** Type errors in these files, which are absolute. Errors elsewhere, as in tests, are no reason to keep the old code. */
export async function typeIssues(
  { tsc, config, folder }: Compiler,
  files: readonly string[],
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
): Promise<readonly BuildIssue[]> {
  const wanted = new Set(files)
  const text = await printedBy(tsc, ['--noEmit', '--pretty', 'false', '-p', config], { folder, signal })
  return text.split('\n').flatMap((line) => {
    const [, file = '', row, column, message = ''] = ERROR.exec(line) ?? []
    const path = resolve(folder, file)
    if (file === '' || !wanted.has(path)) return []
    return [{ at: `${relative(root, path)}:${row}:${column}`, text: message }]
  })
}

function printedBy(
  script: string,
  args: readonly string[],
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      // Its own group: the compiler may be a child of the script.
      detached: true,
    })
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL')
    }
    signal.addEventListener('abort', end)
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    child.once('error', failed)
    child.once('close', () => {
      signal.removeEventListener('abort', end)
      done(signal.aborted ? '' : text)
    })
  })
}
