import type { Clock } from '../model/clock.ts'
import { parseProcessId } from '../model/ids.ts'
import { sendWakeups, wakeupOf, type WakeupPorts } from '../queue/wakeups.ts'
import type { ProcessRegistry } from '../registry/port.ts'

/** The places of a concurrency key. `limit`: how many there are; 0 if no process has ever asked for a place of this key. */
export type SlotsView = {
  readonly key: string
  readonly limit: number
  /** How many processes wait. */
  readonly waiting: number
  readonly holders: readonly string[]
  /** The first of those that wait, the next one first. */
  readonly queue: readonly string[]
}

/** `released` is false if the process had no place. `woken`: the processes that came to the front. */
export type SlotRelease = { readonly released: boolean; readonly woken: readonly string[] }

/** Processes of a queue that one answer names. */
const QUEUE_SHOWN = 100

/** One read. */
export async function slotsOf(registry: ProcessRegistry, key: string): Promise<SlotsView> {
  const { limit, holders, queue } = await registry.slots(key)
  return { key, limit, waiting: queue.length, holders, queue: queue.slice(0, QUEUE_SHOWN) }
}

/** Gives back the place of a process that has ended or is gone, and sends wake-ups for those that come to the front. */
export async function releaseSlot(
  parts: WakeupPorts & { readonly registry: ProcessRegistry; readonly clock: Clock },
  { key, id }: { readonly key: string; readonly id: string },
): Promise<SlotRelease> {
  const { released, woken } = await parts.registry.releaseSlot(parseProcessId(id), key, parts.clock.now())
  await sendWakeups(
    parts,
    woken.map((record) => wakeupOf(record, 0)),
  )
  return { released, woken: woken.map((record) => record.id) }
}
