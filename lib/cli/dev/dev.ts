import { existsSync, readdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { moduleFile } from '../../bundle/module-file.ts'
import type { RunningConsole } from '../../console/listen.ts'
import { writeDevFile } from '../../local/dev-file.ts'
import type { LocalEvent } from '../../local/events.ts'
import type { LocalStack } from '../../local/stack.ts'
import type { CommandRun } from '../command.ts'
import { entryOf } from '../entry.ts'
import { UsageError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import type { DEV } from '../specs/dev.ts'
import { readDevOptions, type DevOptions } from './dev-options.ts'
import { untilInterrupted } from './interruption.ts'
import { lineOf, say } from './printing.ts'

/** Of what was not shown while an example ran, this many lines are told where it fails. */
const LINES_KEPT = 30

/**
 * `leasehold dev`: brings up the local stack with the project's definitions and stays up until Ctrl-C, a SIGTERM or the end of the
 * npm that started it. With an example it runs that and stops. Returns the exit code.
 */
export const dev: CommandRun<typeof DEV> = async ({ args, values }, { cwd }) => {
  const options = readDevOptions(values)
  if (options.example !== undefined && args.entry !== undefined)
    throw new UsageError('--example runs a module of its own: leave out ENTRY or --example')
  const entry = options.example === undefined ? entryOf(cwd, args.entry) : undefined
  if (entry !== undefined) return (await import('./own.ts')).runOwn(options, { entry, cwd })
  for (const [option, asked] of [
    ['--env-file', options.envFile !== undefined],
    ['--inspect', options.inspect],
    ['--skip-types', !options.types],
  ] as const)
    if (asked) throw new UsageError(`${option} is for definitions of your own: name their module, ENTRY`)
  const example = options.example === undefined ? undefined : await loadExample(options.example)
  return await run(options, { example, cwd })
}

async function run(
  options: DevOptions,
  { example, cwd }: { readonly example: Example | undefined; readonly cwd: string },
): Promise<number> {
  const quiet = example !== undefined && !options.verbose
  const unseen: string[] = []
  const broken = Promise.withResolvers<'broken'>()
  const onEvent = (event: LocalEvent): void => {
    if (event.type === 'emulator-ended') broken.resolve('broken')
    if (event.type === 'outcome' && !options.events) return
    const line = lineOf(event)
    if (line === undefined) return
    if (!quiet || event.type === 'outcome') return say(line)
    unseen.push(line)
    if (unseen.length > LINES_KEPT) unseen.shift()
  }
  const interrupted = untilInterrupted()
  const startedAt = Date.now()
  const workerEntry = example?.workerEntry
  const entry = workerEntry === undefined ? {} : { workerEntry }
  // Loaded only now: help and misuse are answered without the AWS clients.
  const { queuesOf, serveDevConsole } = await import('./dev-console.ts')
  const { welcome } = await import('./welcome.ts')
  const { findPackages } = await import('../../local/packages.ts')
  findPackages()
  const { startLocalStack } = await import('../../local/stack.ts')
  const starting = startLocalStack({ ...options.stack, ...entry, onEvent })
  // What is half started ends with this process: nothing has to be waited for.
  const stack = await Promise.race([starting, interrupted])
  if (stack === 'interrupted') return process.exit(EXIT.interrupted)
  const { dataDir, apiAuth = 'none' } = options.stack
  const tookMs = Date.now() - startedAt
  let page: RunningConsole | undefined
  let removeDevFile: (() => void) | undefined
  try {
    if (example === undefined) {
      const file = { pid: process.pid, api: stack.apiUrl, auth: apiAuth, queues: queuesOf(stack) }
      removeDevFile = writeDevFile(cwd, file)
      page = await serveDevConsole(stack, { ...options.console, apiAuth, note: say })
    }
    const at = page === undefined ? {} : { consoleUrl: page.url }
    say(welcome(stack, { tookMs, dataDir, apiAuth, brief: quiet, ...at }))
    const first = await Promise.race([
      interrupted,
      broken.promise,
      ...(example === undefined ? [] : [runIt(example, stack, options)]),
    ])
    if (options.events && first === 0) await Promise.race([stack.statusEvents?.caughtUp(), interrupted])
    if (first === 'interrupted') return example === undefined ? 0 : EXIT.interrupted
    if (first !== 0) for (const line of unseen) say(line)
    return first === 'broken' ? EXIT.failed : first
  } finally {
    removeDevFile?.()
    await page?.stop()
    await stack.stop()
  }
}

/** What `examples/<name>/main.ts` exports: `runExample` answers the exit code. */
type Example = {
  /** Absolute path of a worker of its own. Default: the one that this package deploys. */
  readonly workerEntry?: string
  runExample(
    stack: LocalStack,
    run: { file?: string; values: DevOptions['values']; out: NodeJS.WriteStream },
  ): Promise<number>
}

function runIt(example: Example, stack: LocalStack, options: DevOptions): Promise<number> {
  const { file, values } = options
  return example.runExample(stack, { values, out: process.stdout, ...(file === undefined ? {} : { file }) })
}

const EXAMPLES = join(import.meta.dirname, '../../../examples')

async function loadExample(name: string): Promise<Example> {
  if (!existsSync(EXAMPLES))
    throw new UsageError('--example runs the examples of the Leasehold repository, and the package has none')
  const names = readdirSync(EXAMPLES).filter((folder) => existsSync(mainOf(folder)))
  if (!names.includes(name)) throw new UsageError(`no example ${name}; there are: ${names.join(', ')}`)
  return (await import(pathToFileURL(mainOf(name)).href)) as Example
}

function mainOf(example: string): string {
  return moduleFile(import.meta, `../../../examples/${example}/main`)
}
