import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { relative } from 'node:path'
import { bundlesFolder } from '../bundled.ts'
import { machineEnvironment } from '../child.ts'
import { CodeRefused } from '../errors.ts'
import { startLocalStack, type LocalStack, type LocalStackOptions } from '../stack.ts'
import { watchBuilds, type BuildOutcome, type Built } from './bundles.ts'
import { runCheck } from './check.ts'
import { issueLines, replayLines } from './lines.ts'
import { openHistories } from './open-processes.ts'
import type { BuildIssue, OwnHandlers } from './programs.ts'
import { Newest } from './newest.ts'
import { findCompiler, typeIssues } from './types.ts'

/** Replayed at a save. Each is read from the store and run once, so a save stays a matter of a second. */
const REPLAYED_MAX = 200

export type DevLoopOptions = {
  /** Absolute path of the module that exports `definitions`. */
  readonly entry: string
  /** The project's own worker and API. Default: made of the definitions. */
  readonly handlers?: OwnHandlers
  /** Places in the author's code are named from this folder on. */
  readonly root: string
  readonly stack: Omit<LocalStackOptions, 'workerEntry' | 'apiEntry'>
  /** What the handlers get besides what a deployed function has. */
  readonly env: Readonly<Record<string, string>>
  /** Whether type errors keep the old code, if the project has a compiler. */
  readonly types: boolean
  readonly debuggable: boolean
  /** `reload` or `replay`, and what happened. */
  readonly say: (about: 'reload' | 'replay', text: string) => void
}

export type DevLoop = {
  readonly stack: LocalStack
  readonly kinds: readonly string[]
  /** Ends the watch and the stack. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Runs a module's definitions on a local stack and takes in each save as a deploy: bundle, types, load, replay of the open processes,
 * swap. Code that fails one of the first three changes nothing. Throws `CodeRefused` for the code that it starts with, and as
 * `startLocalStack`.
 */
export async function startDevLoop(options: DevLoopOptions): Promise<DevLoop> {
  const folder = await bundlesFolder()
  const over = new AbortController()
  const startedAt = Date.now()
  const builds = new Newest<BuildOutcome>()
  let watching: { stop(): Promise<void> } | undefined
  let stack: LocalStack | undefined
  const stop = async () => {
    over.abort()
    builds.end()
    await Promise.all([watching?.stop(), stack?.stop()])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const programs = ['worker', 'api', 'check'] as const
    watching = await watchBuilds({ ...options, programs }, folder, (outcome) => builds.put(outcome))
    const first = await builds.next()
    if (first === undefined) throw new CodeRefused({ issues: [{ text: 'it was stopped' }] })
    const parts = { options, folder, signal: over.signal }
    const checked = await judge(first, parts, undefined)
    if (!('kinds' in checked)) throw new CodeRefused(checked)
    stack = await startLocalStack({ ...options.stack, env: options.env, ...entriesOf(checked.built) })
    const running = stack
    // What a start after a change of code meets: the data is from before.
    if (options.stack.dataDir !== undefined) await judge(first, { ...parts, types: false }, running)
    const done = takeIn(parts, { builds, stack: running, first: checked.built, startedAt })
    let stopped: Promise<void> | undefined
    return {
      stack: running,
      kinds: checked.kinds,
      stop: () => (stopped ??= stop().then(() => done)),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type DevLoopParts = {
  readonly options: DevLoopOptions
  readonly folder: string
  readonly signal: AbortSignal
  readonly types?: boolean
}

/** Takes in one build after the other, and of those that come meanwhile the newest. */
async function takeIn(
  parts: DevLoopParts,
  input: { builds: Newest<BuildOutcome>; stack: LocalStack; first: Built; startedAt: number },
): Promise<void> {
  const { say, root } = parts.options
  const { builds, stack } = input
  // A save while the stack was starting is one of those that are taken in.
  let [deployed, since] = [input.first, input.startedAt]
  for (;;) {
    const outcome = await builds.next()
    if (outcome === undefined) return
    const startedAt = Date.now()
    if ('hash' in outcome && outcome.hash === deployed.hash) continue
    const checked = await judge(outcome, parts, stack)
    if (parts.signal.aborted) return
    if (!('kinds' in checked)) {
      for (const line of issueLines(checked.issues)) say('reload', line)
      say('reload', 'not taken: the code from before runs on')
      continue
    }
    stack.deploy(handlersOf(checked.built))
    const changed = changedFiles(checked.built.files, since).map((file) => relative(root, file))
    ;[deployed, since] = [checked.built, startedAt]
    say(
      'reload',
      `${changed.join(', ')} taken in ${Date.now() - startedAt} ms; what runs finishes or is handed over`,
    )
  }
}

/** Those that were saved since then. A file that is gone again counts: the next build reports it. */
function changedFiles(files: readonly string[], since: number): readonly string[] {
  return files.filter((file) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? since + 1) > since)
}

type CheckedPrograms = { readonly built: Built; readonly kinds: readonly string[] }

/** Whether a build can be deployed; says what it makes of the open processes of a stack that runs. */
async function judge(
  outcome: BuildOutcome,
  { options, folder, signal, types = options.types }: DevLoopParts,
  stack: LocalStack | undefined,
): Promise<CheckedPrograms | { readonly issues: readonly BuildIssue[] }> {
  if ('issues' in outcome) return outcome
  const compiler = types ? findCompiler(options.entry, options.root) : undefined
  const open =
    stack === undefined
      ? { histories: [], more: false }
      : await openHistories(stack.clients.dynamo, stack.tableName, REPLAYED_MAX)
  const env = { ...machineEnvironment(), ...options.env }
  const [typed, answer] = await Promise.all([
    compiler === undefined ? [] : typeIssues(compiler, outcome.files, { root: options.root, signal }),
    runCheck(outcome.paths.check ?? '', open.histories, { folder, env }),
  ])
  if (typed.length > 0) return { issues: typed }
  if (!answer.ok) return { issues: [answer.issue] }
  for (const line of replayLines(answer.verdicts, open.more)) options.say('replay', line)
  return { built: outcome, kinds: answer.kinds }
}

function handlersOf({ paths }: Built): { readonly worker: string; readonly api: string } {
  return { worker: paths.worker ?? '', api: paths.api ?? '' }
}

function entriesOf(built: Built): { readonly workerEntry: string; readonly apiEntry: string } {
  const { worker, api } = handlersOf(built)
  return { workerEntry: worker, apiEntry: api }
}
