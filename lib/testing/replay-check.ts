import type { Journal, RunPorts } from '../effects/controller.ts'
import type { AnyDefinition } from '../effects/definition.ts'
import { outsideOfSteps } from '../effects/engine/effect-scope.ts'
import { JournaledEffectController } from '../effects/journaled.ts'
import { NonDeterminism, ProcessCancelled, UnknownKind } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { LogEntry } from '../model/log.ts'
import type { ProcessRecord } from '../model/record.ts'
import { siteOf, type Site } from '../model/site.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { placeOf } from '../telemetry/stacks.ts'
import { ReplayDiffers } from './errors.ts'
import { seededChance } from './seeded-chance.ts'
import { VirtualClock } from './virtual-clock.ts'

/** How much later the code runs again. Code may look at the minute, the hour, the day, the month or the year. */
const LATER = [
  ['than it did', 0],
  ['an hour later', 61 * 60_000],
  ['half a day later', 12 * 3_600_000],
  ['40 days later', 40 * 86_400_000],
  ['400 days later', 400 * 86_400_000],
] as const
/** Seconds of virtual time for which code may wait for something that is no effect. */
const PATIENCE_S = 60
const FRAMES = 40

export type Replayed = {
  readonly record: ProcessRecord
  readonly log: readonly LogEntry[]
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly registry: Pick<ProcessRegistry, 'load' | 'outputOf' | 'get'>
}

/**
 * Runs the code of a process again on its journal, at other times and with other random numbers. Nothing is written, and no body of a
 * step runs. Throws `ReplayDiffers` where the code asks for another effect than it did.
 */
export async function checkReplay({ record, log, definitions, registry }: Replayed): Promise<void> {
  const { id, kind } = record
  const definition = definitions.get(kind)
  if (definition === undefined) throw new UnknownKind({ kind, known: [...definitions.keys()] })
  const input = await registry.load(id, record.input)
  const process = { record, log, input, definition, registry }
  for (const [otherwise, ms] of LATER) {
    const restore = shiftTime(ms)
    try {
      await replay(process, otherwise)
    } finally {
      restore()
    }
  }
}

type Rest = { readonly returned: true } | { readonly error: unknown } | { readonly stopped: true }

type Process = Omit<Replayed, 'definitions'> & { readonly input: Json; readonly definition: AnyDefinition }

async function replay(process: Process, otherwise: string): Promise<void> {
  const { id, status } = process.record
  const clock = new VirtualClock()
  const over = new AbortController()
  let asked: Site = {}
  const ports = portsOf(process, clock, over.signal, () => (asked = siteOf(undefined, FRAMES)))
  const scope = new JournaledEffectController({ durable: false }).begin(ports)
  const code = outsideOfSteps(async () => process.definition.run(scope.context, process.input))
  const returned = code.then(
    (): Rest => ({ returned: true }),
    (): Rest => ({ returned: true }),
  )
  const stopped = scope.stopped.then((stop): Rest => (stop.kind === 'error' ? stop : { stopped: true }))
  let rest = await settled(clock, Promise.race([returned, stopped]))
  // Code that returns without effects that it did not await stops and returns in one moment.
  if (rest !== undefined && 'stopped' in rest) rest = (await settled(clock, returned, 1)) ?? rest
  const end = await scope
    .close(rest !== undefined && 'returned' in rest ? 'finished' : 'stopped')
    .catch((error: unknown) => error)
  over.abort()
  const error = rest !== undefined && 'error' in rest ? rest.error : end
  if (error instanceof NonDeterminism) throw new ReplayDiffers({ id, otherwise, at: placeOf(error) }, error)
  const at = placeOf(asked)
  if (status === 'completed' && rest !== undefined && 'stopped' in rest)
    throw new ReplayDiffers({
      id,
      otherwise: `${otherwise}: it asks for an effect that its journal does not hold`,
      at,
    })
  if (status === 'waiting' && rest !== undefined && 'returned' in rest)
    throw new ReplayDiffers({ id, otherwise: `${otherwise}: it ends, and did not`, at: undefined })
  if (rest === undefined)
    throw new ReplayDiffers({ id, otherwise: `${otherwise}: it waits for something that is no effect`, at })
}

/** What the promise comes to, after some seconds of virtual time at most. */
async function settled(
  clock: VirtualClock,
  of: Promise<Rest>,
  seconds = PATIENCE_S,
): Promise<Rest | undefined> {
  for (let second = 0; second < seconds; second += 1) {
    const rest = await Promise.race([of, clock.settle(10)])
    if (rest !== undefined) return rest
    await clock.advance(1_000)
  }
  return undefined
}

function portsOf(
  { record, log, definition, registry }: Process,
  clock: VirtualClock,
  overSignal: AbortSignal,
  onNew: () => void,
): RunPorts {
  const { id, kind, fence, version, limits, cancel } = record
  const reason = cancel === undefined ? undefined : new ProcessCancelled({ id, ...reasonOf(cancel) })
  const { signal: never } = new AbortController()
  return {
    id,
    kind,
    attempt: fence + 1,
    version,
    timeoutMs: limits?.timeoutMs ?? 0,
    log,
    events: definition.events ?? {},
    journal: journalOf(record, registry),
    clock,
    chance: seededChance(fence + 1),
    abortSignal: reason === undefined ? never : AbortSignal.abort(reason),
    haltSignal: never,
    overSignal,
    expectHeld() {},
    // Nothing begins here: code that comes to its first new effect has been replayed to its end.
    mayBegin() {
      onNew()
      return false
    },
    remainingMs: () => undefined,
    traceStep: (_step, body) => body(),
    say() {},
    warn() {},
    sayFailed() {},
    placeOf,
  }
}

/** Reads what is recorded, and writes nothing. */
function journalOf({ id }: ProcessRecord, registry: Replayed['registry']): Journal {
  const never = (): Promise<never> => new Promise(() => {})
  return {
    commit: () => Promise.resolve(),
    keep: never,
    load: (payload) => registry.load(id, payload),
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

/** Lets `Date` and `Math.random` answer otherwise until the returned function is called. */
function shiftTime(ms: number): () => void {
  const { Date: clock, Math: chance } = globalThis
  // The function itself, and not a copy: a test may compare it.
  const random: () => number = Reflect.get(chance, 'random')
  globalThis.Date = new Proxy(clock, {
    construct: (target, given, made) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + ms] : given, made) as Date,
    apply: (target) => new target(target.now() + ms).toString(),
    get: (target, key) => (key === 'now' ? () => target.now() + ms : (Reflect.get(target, key) as unknown)),
  })
  chance.random = () => 1 - Number.EPSILON - random()
  return () => {
    globalThis.Date = clock
    chance.random = random
  }
}
