import { deadlineOf } from '../model/due.ts'
import type { WorkerParts } from './config.ts'
import type { Hold } from './hold.ts'
import { endUnbegun, type SegmentOutcome } from './outcome.ts'
import { ringParked } from './queue/park-bell.ts'

/**
 * A process with a concurrency key needs a place among its key's running ones before its body begins, and keeps it until
 * it has ended, parked or not. Answers an outcome where it has to wait for one: nothing looks at it until it comes to
 * the front, or its time is up.
 *
 * Where it came to the front between the two calls the park is refused, since whoever let it through found it running and
 * did not wake it: then it goes on here.
 */
export async function waitForSlot(parts: WorkerParts, hold: Hold): Promise<SegmentOutcome | undefined> {
  const { concurrency } = hold.row
  if (concurrency === undefined) return undefined
  if ((await hold.takeSlot(concurrency)) === 'held') return undefined
  // Without a place no body has begun, whatever claims came before: owners may have died on the way here. Waiting for the
  // place first would let a cancel request, or the end of its time, wait as long as the others like to run.
  const over = await endUnbegun(hold)
  if (over !== undefined) return over
  const dueAt = deadlineOf(hold.row)
  const request = { wait: { for: 'slot', key: concurrency.key }, belled: false } as const
  const parked = await hold.park([], dueAt === undefined ? request : { ...request, dueAt })
  await ringParked(parts, parked)
  return parked === undefined ? undefined : { kind: 'parked', dueAt }
}
