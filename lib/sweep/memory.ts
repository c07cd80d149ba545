import type { EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import { RESEND_AFTER_PASSES } from '../model/limits.ts'

const HALF_A_PASS = 0.5

/** What a pass knows of the queue before it sends wake-ups. */
export type ResendFacts = { readonly now: EpochMs; readonly everyMs: number; readonly queueIsEmpty: boolean }
export type RowWakeup = { readonly row: DueRow; readonly delayMs: number }

/** Where a pass stopped in a shard: behind it lies what it did not read, or could not wake. */
export type SweepPosition = {
  readonly cursor: string
  /** Up to when the pass looked: a cursor is of no use to one that looks less far. */
  readonly until: EpochMs
  /** When the last row before it is due. Absent where none before it could be read. */
  readonly dueAt?: EpochMs
}

/**
 * A pass goes through a shard in up to two lanes, each with a place of its own. `all` wakes each row in its turn, and
 * stops at the first one that its queue has no room for. `ahead` is for what need not wait for that turn: rows of dead
 * owners, and those of a queue that has room.
 */
export type Lane = 'all' | 'ahead'

/**
 * What a host keeps of its passes for the next one. All of it is a hint and not the truth: without it a row is woken more
 * often, and a long shard is read from its top again.
 *
 * **What was woken.** A row stays due until a worker has taken it, and behind a queue that takes longer than a pass:
 * woken again each time, a backlog would feed itself. A wake-up that was lost is sent again a few passes later.
 *
 * Where nothing waits in the queue, a wake-up that came to nothing did not wait there: a worker died with it, could not
 * reach the table, or keeps it behind others of its batch. Then the next pass sends it again, the one after the next if that
 * failed too, and from then on each third. So a row that no worker may claim yet costs at most one more doorbell.
 *
 * **Where it stopped.** 1. A shard holds more rows than a pass reads, and the first of them run for hours: they stay
 * where they are. 2. A timer behind them is due. 3. Were each pass to begin at the top, none would ever come to it.
 */
export class SweepMemory {
  readonly #sent = new Map<string, { readonly at: EpochMs; readonly times: number }>()
  readonly #places = new Map<string, SweepPosition>()

  /** Is a wake-up for this row, as it stands, to be waited for? */
  hasSent(row: DueRow, { now, everyMs, queueIsEmpty }: ResendFacts): boolean {
    const wakeup = this.#sent.get(nameOf(row))
    if (wakeup === undefined) return false
    const passes = queueIsEmpty ? Math.min(wakeup.times, RESEND_AFTER_PASSES) : RESEND_AFTER_PASSES
    // Passes do not come to the millisecond: one that is a little early is the one that was meant.
    return now - wakeup.at < everyMs * (passes - HALF_A_PASS)
  }

  noteSent(wakeups: readonly RowWakeup[], now: EpochMs, everyMs: number): void {
    for (const [name, { at }] of this.#sent)
      if (now - at >= 2 * everyMs * RESEND_AFTER_PASSES) this.#sent.delete(name)
    for (const { row, delayMs } of wakeups) {
      const name = nameOf(row)
      this.#sent.set(name, { at: now + delayMs, times: (this.#sent.get(name)?.times ?? 0) + 1 })
    }
  }

  /** Where to continue in a shard, looking up to `until`. It is forgotten: after a failed pass the next one begins at the top. */
  takePlace(shard: number, lane: Lane, until: EpochMs): SweepPosition | undefined {
    const key = `${lane} ${shard}`
    const place = this.#places.get(key)
    this.#places.delete(key)
    // A clock may have been put back.
    return place === undefined || place.until > until ? undefined : place
  }

  keepPlace(shard: number, lane: Lane, place: SweepPosition): void {
    this.#places.set(`${lane} ${shard}`, place)
  }
}

/** A claim or a park changes fence or due time, and the row is another to wake. */
function nameOf(row: DueRow): string {
  return `${row.id}#${row.fence}#${row.dueAt}`
}
