import { deadlineOf } from '../model/due.ts'
import { ConcurrencyQueueFull } from '../model/errors.ts'
import { ANCESTORS_READ_MAX } from '../model/limits-flight.ts'
import { isEnded } from '../model/record.ts'
import { slotFullBackoffMs } from '../model/recovery.ts'
import type { Concurrency } from '../model/registration.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import { endUnbegun } from './outcome.ts'
import { type SegmentOutcome } from './execution.ts'
import { wakeupReaches, sendWakeupAfterPark } from '../queue/wakeups.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'

/**
 * A process with a concurrency key needs a place among its key's running ones before its body begins, and keeps it until
 * it has ended, parked or not. Answers an outcome where it has to wait for one: nothing looks at it until it comes to
 * the front, or its time is up.
 *
 * If it came to the front between the two calls, the park is refused, since the process that left its place found it running
 * and did not wake it: then it continues here.
 */
export async function waitForSlot(
  parts: WorkerParts,
  owned: OwnedProcess,
): Promise<SegmentOutcome | undefined> {
  const { concurrency } = owned.row
  if (concurrency === undefined) return undefined
  const slot = await owned.takeSlot(concurrency)
  if (slot === 'held') return undefined
  // Without a place no body has begun, whatever claims came before: owners may have died on the way here. Waiting for the
  // place first would let a cancel request, or the end of its time, wait as long as the others like to run.
  const over = await endUnbegun(owned)
  if (over !== undefined) return over
  const deadline = deadlineOf(owned.row)
  if (slot === 'full') return askAgainLater(parts, owned, concurrency, deadline)
  await reportHolderAbove(parts, owned, concurrency)
  const request = { wait: { for: 'slot', key: concurrency.key }, wakeupScheduled: false } as const
  const parked = await owned.park([], deadline === undefined ? request : { ...request, dueAt: deadline })
  await sendWakeupAfterPark(parts, parked)
  return parked === undefined ? undefined : { kind: 'parked', dueAt: deadline }
}

/**
 * A process above this one that holds a place under the same key may be waiting for this one, and then neither continues. Only
 * its code knows, so it is a line for people. One read for each process above, for children that have to wait.
 */
async function reportHolderAbove(
  parts: WorkerParts,
  owned: OwnedProcess,
  { key }: Concurrency,
): Promise<void> {
  let above = owned.row.parent?.id
  for (let read = 0; above !== undefined && read < ANCESTORS_READ_MAX; read += 1) {
    const record = await parts.registry.get(above)
    if (record === undefined || isEnded(record)) return
    if (record.concurrency?.key === key) {
      const message =
        'a child waits for a place that a process above it holds; if that one waits for the child, neither continues'
      return parts.telemetry.warn(message, { ...segmentFacts(owned), key, holder: record.id })
    }
    above = record.parent?.id
  }
}

/** Its key's queue takes no more. It is parked with a due time, which is no stall, and looks again by itself (C67). */
async function askAgainLater(
  parts: WorkerParts,
  owned: OwnedProcess,
  { key }: Concurrency,
  deadline: number | undefined,
): Promise<SegmentOutcome> {
  const { clock, chance, telemetry } = parts
  const { id, wait } = owned.row
  const tries = (wait?.for === 'slot' ? (wait.tries ?? 0) : 0) + 1
  const now = clock.now()
  const dueAt = Math.min(
    now + slotFullBackoffMs(tries, chance.random()),
    deadline ?? Number.POSITIVE_INFINITY,
  )
  const wakeupScheduled = wakeupReaches(parts.doorbell, dueAt, now)
  const parked = await owned.park([], { wait: { for: 'slot', key, tries }, dueAt, wakeupScheduled })
  await sendWakeupAfterPark(parts, parked)
  telemetry.count('SlotQueueFull', 1, segmentFacts(owned))
  const { code, message } = new ConcurrencyQueueFull({ id, key })
  telemetry.warn(message, { ...segmentFacts(owned), code, key, tries, dueAt })
  return { kind: 'parked', dueAt }
}
