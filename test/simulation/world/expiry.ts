import { TABLE } from '../../../lib/registry/table.ts'
import { latest, type Accepted, type SimulatedTable } from './dynamo/table.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

const HOUR_MS = 3_600_000
/** "Items are typically deleted within a few days of their expiration." */
const LATE_MAX_MS = 48 * HOUR_MS
/** A transaction holds the item: the deletion is tried again. */
const AGAIN_MS = 1_000

type ExpiryPorts = {
  readonly table: SimulatedTable
  readonly schedule: Schedule
  readonly random: Random
  readonly removed: (write: Accepted) => void
}

/** The time to live of the table's items: an item goes some time after the second that it names, if it still names it then. */
export class Expiry {
  readonly #ports: ExpiryPorts
  readonly #pending = new Map<string, { readonly at: number; readonly cancel: () => void }>()

  constructor(ports: ExpiryPorts) {
    this.#ports = ports
  }

  take(writes: readonly Accepted[]): void {
    for (const { pk, sk, before, after } of writes) {
      const seconds = after?.[TABLE.ttlAttribute]?.N
      if (seconds === undefined || seconds === before?.[TABLE.ttlAttribute]?.N) continue
      const lateMs = this.#ports.random.next() ** 2 * LATE_MAX_MS
      this.#plan(pk, sk, Number(seconds) * 1_000 + lateMs, true)
    }
  }

  /** Nothing else is left to happen: the time until all items are gone passes. False if none is left to go. */
  pass(): boolean {
    const pending = [...this.#pending]
    for (const [key, { at }] of pending) {
      const [pk = '', sk = ''] = key.split('\n')
      this.#plan(pk, sk, at, false)
    }
    return pending.length > 0
  }

  #plan(pk: string, sk: string, at: number, background: boolean): void {
    const key = `${pk}\n${sk}`
    this.#pending.get(key)?.cancel()
    const { schedule, random } = this.#ports
    const cancel = schedule.at(at, random.next(), () => this.#remove(pk, sk, background), background)
    this.#pending.set(key, { at, cancel })
  }

  #remove(pk: string, sk: string, background: boolean): void {
    const { table, schedule, removed } = this.#ports
    this.#pending.delete(`${pk}\n${sk}`)
    const row = table.row(pk, sk)
    const expiresAt = Number(latest(row)?.[TABLE.ttlAttribute]?.N) * 1_000
    if (!(expiresAt <= schedule.now)) return
    if (row.heldBy !== undefined) return this.#plan(pk, sk, schedule.now + AGAIN_MS, background)
    removed(table.remove(row, schedule.now))
  }
}
