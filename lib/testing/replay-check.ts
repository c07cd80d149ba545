import type { AnyDefinition } from '../effects/definition.ts'
import { UnknownKind } from '../model/errors.ts'
import type { LogEntry } from '../model/log.ts'
import type { ProcessRecord } from '../model/record.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { placeOf } from '../telemetry/stacks.ts'
import { ReplayDiffers } from './errors.ts'
import { replay, type ReplayEnd } from './replay.ts'

/** How much later the code runs again. Code may look at the minute, the hour, the day, the month or the year. */
const LATER = [
  ['than it did', 0],
  ['an hour later', 61 * 60_000],
  ['half a day later', 12 * 3_600_000],
  ['40 days later', 40 * 86_400_000],
  ['400 days later', 400 * 86_400_000],
] as const

export type ReplayCheckResult = {
  readonly record: ProcessRecord
  readonly log: readonly LogEntry[]
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly registry: Pick<ProcessRegistry, 'load'>
}

/**
 * Runs the code of a process again on its journal, at other times and with other random numbers. Nothing is written, and no body of a
 * step runs. Throws `ReplayDiffers` where the code asks for another effect than it did.
 */
export async function checkReplay({ record, log, definitions, registry }: ReplayCheckResult): Promise<void> {
  const { id, kind } = record
  const definition = definitions.get(kind)
  if (definition === undefined) throw new UnknownKind({ kind, known: [...definitions.keys()] })
  const input = await registry.load(id, record.input)
  for (const [otherwise, ms] of LATER) {
    const restore = shiftTime(ms)
    try {
      const load = (payload: ProcessRecord['input']) => registry.load(id, payload)
      expectSame(record, otherwise, await replay({ row: record, log, input, definition, load }))
    } finally {
      restore()
    }
  }
}

function expectSame({ id, status }: ProcessRecord, otherwise: string, rest: ReplayEnd): void {
  if (rest.came === 'to a mismatch')
    throw new ReplayDiffers({ id, otherwise, at: placeOf(rest.error) }, rest.error)
  if (rest.came === 'to the frontier' && status === 'completed')
    throw new ReplayDiffers({
      id,
      otherwise: `${otherwise}: it asks for an effect that its journal does not hold`,
      at: rest.at,
    })
  if (rest.came === 'to the end' && status === 'waiting')
    throw new ReplayDiffers({ id, otherwise: `${otherwise}: it ends, and did not`, at: undefined })
  if (rest.came === 'nowhere')
    throw new ReplayDiffers({
      id,
      otherwise: `${otherwise}: it waits for something that is no effect`,
      at: rest.at,
    })
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
