import type { DueRow } from '../model/due.ts'
import { SWEEP_OVERDUE_PER_SHARD, SWEEP_RECOVERIES_PER_SHARD } from '../model/limits.ts'
import type { Doorbell, QueueName } from '../queue/doorbell.ts'

/** How many wake-ups a pass may still send to a queue before it is long, and whether anything waited before the pass. */
export type Room = { readonly queue: QueueName; left: number; readonly isEmpty: boolean }

/** The rooms of one pass. A queue is asked for its backlog once, by the first row that needs it. */
export class Rooms {
  readonly #doorbell: Doorbell
  readonly #longAt: number
  readonly #asked = new Map<QueueName, Promise<Room>>()
  readonly #known: Room[] = []

  constructor(doorbell: Doorbell, longAt: number) {
    this.#doorbell = doorbell
    this.#longAt = longAt
  }

  /** Whether any of the queues that were asked is long by now. */
  get heldBack(): boolean {
    return this.#known.some(({ left }) => left <= 0)
  }

  /**
   * The room that the row's wake-up takes.
   *
   * 1. A thousand starts wait in the work queue, hours of work. 2. A worker dies. 3. A wake-up behind the starts would have
   * its process wait for those hours. So a dead owner's row is woken on the isolation queue, or if there is none on the
   * urgent queue while others wait in its own.
   */
  async of(row: DueRow): Promise<Room> {
    if (isRecovery(row) && this.#doorbell.queues.includes('isolation')) return this.#ask('isolation')
    const own = await this.#ask(row.urgent === true ? 'urgent' : 'work')
    return isRecovery(row) && !own.isEmpty ? this.#ask('urgent') : own
  }

  #ask(asked: QueueName): Promise<Room> {
    const queue = this.#doorbell.queues.includes(asked) ? asked : 'work'
    const before = this.#asked.get(queue)
    if (before !== undefined) return before
    const room = this.#doorbell.backlog(queue).then((backlog) => {
      const known = { queue, left: this.#longAt - backlog, isEmpty: backlog === 0 }
      this.#known.push(known)
      return known
    })
    this.#asked.set(queue, room)
    return room
  }
}

/** The sweep wakes a running row only after its lease expires: its owner is dead, or stands still. */
export function isRecovery({ status }: Pick<DueRow, 'status'>): boolean {
  return status === 'running'
}

/** How many wake-ups one shard may send in one pass: from the rooms of all, and where one is used up from two reserves of its own. */
export class ShardRoom {
  readonly #left = new Map<string, number>()

  /** Takes a place for the row's doorbell. False where there is none. */
  take(room: Room, row: DueRow): boolean {
    if (room.left > 0) {
      room.left -= 1
      return true
    }
    const reserve = `${room.queue} ${isRecovery(row)}`
    const left =
      this.#left.get(reserve) ?? (isRecovery(row) ? SWEEP_RECOVERIES_PER_SHARD : SWEEP_OVERDUE_PER_SHARD)
    this.#left.set(reserve, left - 1)
    return left > 0
  }
}
