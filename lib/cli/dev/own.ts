import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import type { RunningConsole } from '../../console/listen.ts'
import { DEV_FILE_PATH, findDevFile, writeDevFile } from '../../local/dev-file.ts'
import type { LocalEvent } from '../../local/events.ts'
import { findPackages } from '../../local/packages.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { handlersOf } from '../entry.ts'
import { EXIT } from '../exit.ts'
import type { DevOptions } from './dev-options.ts'
import { untilInterrupted } from './interruption.ts'
import { aboutLine, lineOf, say } from './printing.ts'

/** The same from start to start, so that a bookmark and a script keep working. */
const API_PORT = 4747

/** `leasehold dev` for a project's own definitions. Returns the exit code. */
export async function runOwn(
  options: DevOptions,
  { entry, cwd }: { readonly entry: string; readonly cwd: string },
): Promise<number> {
  const handlers = handlersOf(cwd)
  const env = options.envFile === undefined ? {} : readEnvFile(options.envFile)
  expectAlone(cwd)
  findPackages()
  const broken = Promise.withResolvers<'broken'>()
  const interrupted = untilInterrupted()
  const startedAt = Date.now()
  // Loaded only now: help and misuse are answered without the AWS clients.
  const { startDevLoop } = await import('../../local/dev/dev-loop.ts')
  const { queuesOf, serveDevConsole } = await import('./dev-console.ts')
  const { welcome } = await import('./welcome.ts')
  const { statusWords } = await import('../../local/dev/lines.ts')
  let stopping = false
  const onEvent = (event: LocalEvent): void => {
    // What is killed by the end is no news.
    if (stopping) return
    if (event.type === 'emulator-ended') broken.resolve('broken')
    if (event.type === 'outcome') {
      const words = statusWords(event.event['detail-type'], event.event.detail)
      if (words !== undefined) say(aboutLine('process', words))
      if (!options.events) return
    }
    if (!options.verbose && saysWhatTheProcessLineSays(event)) return
    const line = lineOf(event)
    if (line !== undefined) say(line)
  }
  const starting = startDevLoop({
    entry,
    handlers,
    root: cwd,
    stack: { apiPortPreferred: API_PORT, ...options.stack, onEvent },
    env,
    types: options.types,
    debuggable: options.inspect,
    say: (about, text) => say(aboutLine(about, text)),
  })
  // What is half started ends with this process: nothing has to be waited for.
  const loop = await Promise.race([starting, interrupted])
  if (loop === 'interrupted') return process.exit(EXIT.interrupted)
  const { dataDir, apiAuth = 'none', inspectPort } = options.stack
  const { stack } = loop
  const queues = queuesOf(stack)
  const tookMs = Date.now() - startedAt
  let page: RunningConsole | undefined
  const removeDevFile = writeDevFile(cwd, { pid: process.pid, api: stack.apiUrl, auth: apiAuth, queues })
  try {
    page = await serveDevConsole(stack, { ...options.console, apiAuth, note: say })
    const own = { entry: relative(cwd, entry), kinds: loop.kinds, inspectPort }
    const consoleUrl = page.url
    say(welcome(stack, { tookMs, dataDir, apiAuth, brief: false, own, consoleUrl }))
    const first = await Promise.race([interrupted, broken.promise])
    return first === 'broken' ? EXIT.failed : EXIT.ok
  } finally {
    stopping = true
    removeDevFile()
    await page?.stop()
    await loop.stop()
  }
}

/** A worker's lines for each run of a process. The line of a take-over stays. */
const OF_EACH_RUN = /"message":"(?:claimed|parked|ended|handed over)"/u

function saysWhatTheProcessLineSays(event: LocalEvent): boolean {
  return event.type === 'log' && event.line.includes('"level":"INFO"') && OF_EACH_RUN.test(event.line)
}

/** Two in one folder would answer for each other. */
function expectAlone(cwd: string): void {
  const other = findDevFile(cwd)
  if (other?.path !== join(cwd, DEV_FILE_PATH)) return
  const { pid, api } = other.file
  throw new CommandFailed(`another leasehold dev runs for this folder: process ${pid}, ${api}; stop it first`)
}

/** Variables that this package, or Lambda's runtime, gives a handler itself. */
const GIVEN = /^(?:LEASEHOLD_|AWS_LAMBDA_)/u

function readEnvFile(path: string): Readonly<Record<string, string>> {
  const variables = Object.entries(parseEnv(textOf(path))).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const given = variables.find(([name]) => GIVEN.test(name))
  if (given !== undefined)
    throw new UsageError(`${path}: ${given[0]} is set by leasehold dev itself: leave it out`)
  return Object.fromEntries(variables)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--env-file: ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
