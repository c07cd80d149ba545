import type { WorkerParts } from './config.ts'
import type { Hold } from './hold.ts'
import type { SegmentOutcome } from './outcome.ts'
import { ringFor } from './park-bell.ts'

/**
 * A process with a concurrency key needs a place among its key's running ones before its body begins, and keeps it until
 * it has ended, parked or not. Answers an outcome where it has to wait for one: nothing looks at it until it comes to
 * the front.
 *
 * 1. It is queued. 2. Before it has parked, the holder before it ends, and puts it in the free place. 3. It was running
 * then, so waking it did nothing. 4. So it asks again once it has parked, and wakes itself.
 */
export async function waitForSlot(parts: WorkerParts, hold: Hold): Promise<SegmentOutcome | undefined> {
  const { id, concurrency } = hold.row
  if (concurrency === undefined) return undefined
  const { registry, clock } = parts
  if ((await registry.takeSlot(id, concurrency)) === 'held') return undefined
  await hold.park([], { wait: { for: 'slot', key: concurrency.key }, belled: false })
  const front = (await registry.takeSlot(id, concurrency)) === 'held'
  if (front && (await registry.wakeForSlot(id, clock.now()))) await ringFor(parts, hold.row)
  return { kind: 'parked', dueAt: undefined }
}
