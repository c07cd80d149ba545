import type { Journal, RunPorts } from '../effects/controller.ts'
import type { ProcessContext } from '../effects/context.ts'
import type { AnyDefinition } from '../effects/definition.ts'
import { outsideOfSteps } from '../effects/engine/effect-scope.ts'
import { JournaledEffectController } from '../effects/journaled.ts'
import { NonDeterminism, ProcessCancelled } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { LogEntry, Payload } from '../model/log.ts'
import type { ProcessRow } from '../model/record.ts'
import { siteOf, type Site } from '../model/site.ts'
import { placeOf } from '../telemetry/stacks.ts'
import { seededChance } from './seeded-chance.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Seconds of virtual time for which code may wait for something that is no effect. */
const PATIENCE_S = 60
const FRAMES = 40

/** What of a process's row a run of its code depends on. */
export type ReplayedRow = Pick<
  ProcessRow,
  'id' | 'kind' | 'status' | 'fence' | 'version' | 'limits' | 'concurrency' | 'cancel'
>

export type Replay = {
  readonly row: ReplayedRow
  readonly log: readonly LogEntry[]
  readonly input: Json
  readonly definition: AnyDefinition
  readonly load: (payload: Payload) => Promise<Json>
}

/** How the code came to rest on its journal. `at` is a place in the author's code, as `file:line:column`. */
export type ReplayEnd =
  | { readonly came: 'to the end'; readonly threw: boolean; readonly error?: unknown }
  /** It asks for an effect that is not recorded, or waits for one. */
  | { readonly came: 'to the frontier'; readonly asked: string | undefined; readonly at: string | undefined }
  | { readonly came: 'to a mismatch'; readonly error: NonDeterminism }
  /** An error of the run itself, as of a payload that cannot be read. */
  | { readonly came: 'to an error'; readonly error: unknown }
  /** It waits for something that is no effect. */
  | { readonly came: 'nowhere'; readonly at: string | undefined }

/** Runs the code of a process on its journal. Nothing is written, and no body of a step runs. */
export async function replay(given: Replay): Promise<ReplayEnd> {
  const clock = new VirtualClock()
  const over = new AbortController()
  let asked: ReplayRequest = {}
  const scope = new JournaledEffectController({ durable: false }).begin(portsOf(given, clock, over.signal))
  const context = watched(scope.context, (call) => (asked = call))
  const code = outsideOfSteps(async () => given.definition.run(context, given.input))
  const returned = code.then(
    (): ReplayResult => ({ threw: false }),
    (error: unknown): ReplayResult => ({ threw: true, error }),
  )
  const stopped = scope.stopped.then((stop): ReplayResult =>
    stop.kind === 'error' ? { failure: stop.error } : {},
  )
  let left = await settled(clock, Promise.race([returned, stopped]))
  // Code that returns without effects that it did not await stops and returns in one moment.
  if (left !== undefined && !('threw' in left) && !('failure' in left))
    left = (await settled(clock, returned, 1)) ?? left
  const finished = left !== undefined && 'threw' in left
  const closing = await scope.close(finished ? 'finished' : 'stopped').then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  over.abort()
  const failure = left !== undefined && 'failure' in left ? { error: left.failure } : closing
  if (failure?.error instanceof NonDeterminism) return { came: 'to a mismatch', error: failure.error }
  const { title, site } = asked
  if (left === undefined) return { came: 'nowhere', at: placeOf(site) }
  if (failure !== undefined) return { came: 'to an error', error: failure.error }
  if ('threw' in left) return { came: 'to the end', ...left }
  return { came: 'to the frontier', asked: title, at: placeOf(site) }
}

/** The newest call of the context, as `step "charge"`. Side by side with others it need not be the one that is not recorded. */
type ReplayRequest = { readonly title?: string; readonly site?: Site }

/** The same context, which reports each call. By the time that an effect begins, the stack may not lead to the call. */
function watched(context: ProcessContext, onCall: (asked: ReplayRequest) => void): ProcessContext {
  return new Proxy(context, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function' || typeof key !== 'string') return value
      const asking = (...args: readonly unknown[]): unknown => {
        const name = args.find((arg) => typeof arg === 'string')
        const title = name === undefined ? key : `${key} ${JSON.stringify(name)}`
        onCall({ title, site: siteOf(asking, FRAMES) })
        return Reflect.apply(value, target, args) as unknown
      }
      return asking
    },
  })
}

/** Of an empty one the effects stopped, and the code did not return. */
type ReplayResult = { readonly threw: boolean; readonly error?: unknown } | { readonly failure: unknown } | {}

/** What the promise resolves to, after some seconds of virtual time at most. */
async function settled(
  clock: VirtualClock,
  of: Promise<ReplayResult>,
  seconds = PATIENCE_S,
): Promise<ReplayResult | undefined> {
  for (let second = 0; second < seconds; second += 1) {
    const left = await Promise.race([of, clock.settle(10)])
    if (left !== undefined) return left
    await clock.advance(1_000)
  }
  return undefined
}

function portsOf(
  { row, log, definition, load }: Replay,
  clock: VirtualClock,
  overSignal: AbortSignal,
): RunPorts {
  const { id, kind, fence, version, limits, cancel, concurrency } = row
  const reason = cancel === undefined ? undefined : new ProcessCancelled({ id, ...reasonOf(cancel) })
  const { signal: never } = new AbortController()
  return {
    id,
    kind,
    attempt: fence + 1,
    version,
    timeoutMs: limits?.timeoutMs ?? 0,
    concurrency,
    log,
    events: definition.events ?? {},
    journal: journalOf(load),
    clock,
    chance: seededChance(fence + 1),
    abortSignal: reason === undefined ? never : AbortSignal.abort(reason),
    haltSignal: never,
    overSignal,
    expectHeld() {},
    // Nothing begins here: code that comes to its first new effect has been replayed to its end.
    mayBegin: () => false,
    remainingMs: () => undefined,
    traceStep: (_step, body) => body(),
    say() {},
    warn() {},
    sayFailed() {},
    sayRefused() {},
    placeOf,
  }
}

/** Reads what is recorded, and writes nothing. */
function journalOf(load: Replay['load']): Journal {
  const never = (): Promise<never> => new Promise(() => {})
  return {
    commit: () => Promise.resolve(),
    keep: never,
    load,
    park: never,
    startChild: never,
    childOutput: never,
    openCallback: never,
    lastHeartbeat: () => Promise.resolve(undefined),
    onArrival() {},
    fence: () => ({
      TableName: '',
      Key: {},
      ConditionExpression: '',
      ExpressionAttributeNames: {},
      ExpressionAttributeValues: {},
    }),
  }
}

function reasonOf({ reason }: { readonly reason?: string }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason }
}
