import type { StartOptions } from '../../../lib/client/processes.ts'
import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import type { Clock } from '../../../lib/model/clock.ts'
import type { Json } from '../../../lib/model/json.ts'
import type { ListQuery } from '../../../lib/registry/port.ts'
import type { CodeFact } from '../history.ts'
import type { Fault } from './faults.ts'
import { longQueuesOf, type LongQueues } from './long-queue.ts'
import { Random } from './random.ts'

/** What a caller asks for, again and again until it is accepted or refused for good. */
export type Request = { readonly atMs: number } & (
  | {
      readonly do: 'start'
      readonly process: string
      readonly kind: string
      readonly input: Json
      /** By a start message on the work queue instead of the client. */
      readonly byMessage: boolean
      readonly options?: StartExtras
      /** No worker can accept it. */
      readonly isRefused?: boolean
    }
  | {
      readonly do: 'signal'
      readonly process: string
      readonly name: string
      readonly key: string
      readonly payload: Json
    }
  | { readonly do: 'cancel' | 'abandon'; readonly process: string; readonly reason: string }
  | {
      readonly do: 'complete'
      readonly process: string
      readonly token: string
      readonly says: string
      /** Says that it failed, instead of the value. */
      readonly fails: boolean
    }
  /** Page after page, to the end. */
  | { readonly do: 'list'; readonly process: string; readonly query: ListQuery }
)

/** What a start may say besides its kind and its input. */
export type StartExtras = Pick<
  StartOptions,
  'concurrency' | 'startAt' | 'scope' | 'urgent' | 'limits' | 'completionToken'
>

/** What a caller makes of a callback's token, so long after it was given away. */
export type TokenUse = {
  readonly afterMs: number
  readonly says: string
  /** Says that it failed, instead of the value. */
  readonly fails: boolean
  /** A caller that does not know the secret. */
  readonly forged: boolean
}
export type GivenToken = {
  readonly process: string
  readonly name: string
  readonly token: string
  readonly uses: readonly TokenUse[]
  /** When the holder of the token says that it is still at work, after it was given away. */
  readonly beatsMs: readonly number[]
}

/** One host process of a worker, as the code that it runs may know it. */
export type CodeHost = {
  readonly hostProcess: string
  readonly clock: Clock
  /** Which deploy this host process began with. */
  readonly version: number
  /** It is the code of a bad deploy. */
  readonly isBad: boolean
  /** Has a process this step on record? As the table knows it, not the code. */
  readonly isRecorded: (process: string, step: string) => boolean
  readonly record: (fact: CodeFact) => void
  /** Gives a callback's token to people and systems outside. */
  readonly give: (given: GivenToken) => void
}

/** What is run in a world: code, and what people ask of it. */
export type Load = {
  readonly definitions: (host: CodeHost) => readonly AnyDefinition[]
  readonly requests: readonly Request[]
  readonly whenStuck?: readonly StuckRequest[]
}

/** What is done about a process, so long after it got stuck. */
export type StuckRequest = {
  readonly do: 'resume' | 'cancel'
  readonly process: string
  readonly afterMs: number
}

/** A change of the deployed code, once this many things have been waited for in the whole world. */
export type Deploy = {
  readonly atCall: number
  readonly version: number
  readonly without?: readonly string[]
  /** Its code asks for other effects than the code before it recorded. */
  readonly isBad?: boolean
}

/** When every world begins. */
export const START_AT = Date.UTC(2026, 0, 1)

/** Everything about a world but its programs, as plain data. The same scenario gives the same run. */
export type Scenario = {
  readonly seed: number
  readonly workers: number
  readonly drivers: number
  readonly batchMax: number
  readonly timeoutMs: number
  /** Faults happen until this many things have been waited for. */
  readonly troubleCalls: number
  readonly deploys: readonly Deploy[]
  /** The stream of the table is read, and status events go to the bus. */
  readonly outcomes?: boolean
  /** How many processes wait in the queue of a concurrency key; as deployed where it is absent. */
  readonly slotQueueMax?: number
  /** Workers hide the messages that they serve, so that these come again when their workers are gone. */
  readonly hides?: boolean
  /** Queues are long for a while. */
  readonly longQueues?: LongQueues
  /** Items go once their time to live has ended. */
  readonly expires?: boolean
  /** Each value goes through a codec. */
  readonly coded?: boolean
  /** Values that no item takes go to a bucket. */
  readonly bucket?: boolean
  /** No process kills the workers that run it. */
  readonly harmless?: boolean
  /** Exactly these faults; absent: by chance, from the seed. */
  readonly faults?: readonly Fault[]
}

/** In so many worlds workers hide messages. */
const HIDING = 0.5
/** In so many worlds the stream is read. */
const STREAMED = 0.5

export function scenarioOf(seed: number, kinds: readonly string[] = []): Scenario {
  const random = new Random(seed, 'scenario')
  const troubleCalls = random.pick([100, 200, 300, 500, 800])
  const deploys = Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, (_, index): Deploy => {
    const gone = kinds.length > 0 && random.chance(0.3) ? [random.pick(kinds)] : []
    const deploy = { atCall: random.between(0, troubleCalls), version: index + 1 }
    return gone.length === 0 ? deploy : { ...deploy, without: gone }
  })
  const longQueues = longQueuesOf(new Random(seed, 'long queue'))
  return {
    seed,
    workers: random.pick([1, 2, 2, 3]),
    drivers: random.pick([0, 0, 0, 1, 2]),
    batchMax: random.pick([1, 2, 10]),
    timeoutMs: random.pick([25_000, 60_000, 300_000, 900_000]),
    troubleCalls,
    deploys: deploys.sort((a, b) => a.atCall - b.atCall),
    outcomes: new Random(seed, 'outcomes').chance(STREAMED),
    slotQueueMax: new Random(seed, 'slot queue').pick([1, 2, 10]),
    hides: new Random(seed, 'hides').chance(HIDING),
    ...(longQueues === undefined ? {} : { longQueues }),
  }
}
