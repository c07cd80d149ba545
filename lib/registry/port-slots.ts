import type { EpochMs } from '../model/clock.ts'
import type { Ownership } from '../model/ownership.ts'
import type { ProcessId } from '../model/ids.ts'
import type { ProcessRecord } from '../model/record.ts'
import type { Concurrency } from '../model/registration.ts'

/** The places of a concurrency key. `limit` is that of the start which came last; 0 if no process has ever asked for a place. */
export type SlotsOfKey = {
  readonly limit: number
  readonly holders: readonly ProcessId[]
  /** Those that wait for a place, the next one first. */
  readonly queue: readonly ProcessId[]
}

/** The part of the registry that keeps the places of concurrency keys. */
export interface ProcessSlots {
  /**
   * Takes a place among the `limit` running processes of a key, or one in its queue, first come, first served. A repeated
   * call returns the same. `full`: the queue has no room, and nothing was written (C67). A process that has ended, or has
   * another owner, gets no place (C17). Throws `LeaseLost`. One read, and one transaction if it has no place yet.
   */
  takeSlot(ownership: Ownership, concurrency: Concurrency): Promise<'held' | 'queued' | 'full'>

  /**
   * Gives the place back, whether held or queued. The same write makes the parked processes due that come to the front, and
   * the reply names them, so that the caller wakes them. A repetition does nothing. One read and one put; a read and a
   * transaction for each process that comes to the front.
   */
  leaveSlot(id: ProcessId, concurrency: Concurrency, now: EpochMs): Promise<readonly ProcessRecord[]>

  /** Which processes hold the places of a key, and which wait. One read. */
  slots(key: string): Promise<SlotsOfKey>

  /**
   * Gives back the place of a process that has ended or is gone, for an operator. `released` is false if it had none, and
   * `woken` is as for `leaveSlot`. Throws `SlotInUse` if the process has not ended. Three reads and one transaction.
   */
  releaseSlot(
    id: ProcessId,
    key: string,
    now: EpochMs,
  ): Promise<{ readonly released: boolean; readonly woken: readonly ProcessRecord[] }>
}
