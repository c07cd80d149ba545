import type { Clock } from '../../model/clock.ts'
import { Contended } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { RACE_TRIES } from '../../model/limits.ts'
import type { Shards } from '../codec/keys.ts'
import type { Gate } from '../gate.ts'
import type { PayloadPorts } from '../payload-ports.ts'
import type { ItemStore } from '../store/store.ts'

/** What every operation of the registry works on. */
export type Context = {
  readonly store: ItemStore
  /** The table that a fence check names. */
  readonly tableName: string
  readonly shards: Shards
  readonly payloads?: PayloadPorts
  /** Values on their way to items of their own, or from there. Requests for leases and commits do not pass it. */
  readonly gate: Gate
  /** How many processes wait in the queue of one concurrency key. */
  readonly slotQueueMax: number
  /** For reads, whose callers pass no time: they hide a process after its retention by this clock. */
  readonly clock?: Pick<Clock, 'now'>
}

/** An attempt's answer when what it read had changed before it wrote: the attempt is made anew. */
export const LOST_RACE = Symbol('lost race')

/** Makes an attempt until it is not overtaken. Throws `Contended` after `tries`, by default `RACE_TRIES`. */
export async function raced<T>(
  race: { id: ProcessId; operation: string; tries?: number },
  attempt: () => Promise<T | typeof LOST_RACE>,
): Promise<T> {
  const { id, operation, tries = RACE_TRIES } = race
  for (let made = 0; made < tries; made += 1) {
    const answer = await attempt()
    if (answer !== LOST_RACE) return answer
  }
  throw new Contended({ id, operation, tries })
}
