import pMap from 'p-map'
import type { EpochMs } from '../model/clock.ts'
import type { ProcessId } from '../model/ids.ts'
import { EXPIRY_WRITES_AT_ONCE, INPUT_ABANDONED_AFTER_MS, KEYS_PAGE } from '../model/limits.ts'
import { INPUT_PUT_AT } from './codec/rows.ts'
import { partitionOf, PROCESS, processKey } from './codec/keys.ts'
import { expiryWrite } from './codec/plans.ts'
import type { ItemStore, Key, Write } from './store/store.ts'
import { TABLE } from './table.ts'

/**
 * Sets the expiry of the items beside the row of an ended process (C55): pages, payloads, keys, callbacks. The row has its
 * own from the terminal write, and leases have theirs. DynamoDB deletes them then, for no charge and without a right to
 * delete.
 */
export class Retention {
  readonly #store: ItemStore

  constructor(store: ItemStore) {
    this.#store = store
  }

  /**
   * For a process that has ended: no owner writes to it any more. A second call finds nothing to do. Returns how many items
   * got an expiry. One query for each 500 items, one update for each of them.
   */
  async setExpiry(id: ProcessId, keptUntil: EpochMs): Promise<number> {
    let count = 0
    for await (const keys of this.#lasting(id)) {
      const replies = await pMap(keys, (key) => this.#store.write(expiryWrite(key, keptUntil)), {
        concurrency: EXPIRY_WRITES_AT_ONCE,
      })
      count += replies.filter(({ applied }) => applied).length
    }
    return count
  }

  /**
   * For a process whose row is gone: an owner that was overtaken may have left an item after `setExpiry` looked. Its id is
   * free again, so each write checks that no row exists: items of a new process are never touched. An input is put before its
   * row, so a young one may belong to a start that is under way. An old one was left behind by a worker that repeated the start
   * of an ended process, and died before it could set the expiry.
   */
  async clear(id: ProcessId, now: EpochMs): Promise<number> {
    let count = 0
    for await (const keys of this.#lasting(id)) {
      for (const key of keys) {
        const write = key.sk.startsWith(INPUT) ? oldInputExpiry(key, now) : expiryWrite(key, now)
        const reply = await this.#store.transact([noRow(id), write])
        if (reply.applied) count += 1
      }
    }
    return count
  }

  /** The keys of items without an expiry, page by page. */
  async *#lasting(id: ProcessId): AsyncGenerator<readonly Key[]> {
    const pk = partitionOf(id)
    let after: string | undefined
    do {
      const page = await this.#store.keys({ pk, limit: KEYS_PAGE, ...(after === undefined ? {} : { after }) })
      yield page.keys.flatMap(({ sk, expires }) => (expires || sk === PROCESS ? [] : [{ pk, sk }]))
      after = page.next
    } while (after !== undefined)
  }
}

/** How the key of an input's item begins: the reference says what a value is for. */
const INPUT = 'BLOB#i-'

/** Sets the expiry of an input that was put so long ago that no start under way refers to it. */
function oldInputExpiry(key: Key, now: EpochMs): Write {
  const write = expiryWrite(key, now)
  const isOld = { attr: INPUT_PUT_AT, atMost: now - INPUT_ABANDONED_AFTER_MS }
  return { ...write, when: { all: [write.when, isOld] } }
}

function noRow(id: ProcessId): Write {
  return { do: 'check', key: processKey(id), when: { attr: TABLE.partitionKey.name, absent: true } }
}
