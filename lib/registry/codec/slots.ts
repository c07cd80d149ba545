import type { ProcessId } from '../../model/ids.ts'
import { nameOf, slotsKey } from './keys.ts'
import { processId } from './rows.ts'
import { listOf, needed, readFields, whole, writeFields, type Fields } from './shape.ts'
import type { ItemChange, Item, Key, Write } from '../store/store.ts'

/** Who runs under a concurrency key, and who waits for it, first come first. */
export type Slots = {
  /** That of the registration which came last: a deploy may change it. */
  readonly limit: number
  readonly holders: readonly ProcessId[]
  readonly queue: readonly ProcessId[]
  /** Grows with every write. */
  readonly version: number
}

const SLOTS: Fields<Slots> = {
  limit: needed('l', whole),
  holders: needed('h', listOf(processId)),
  queue: needed('q', listOf(processId)),
  version: needed('n', whole),
}
const { limit: LIMIT, holders: HOLDERS, queue: QUEUE, version: COUNT } = SLOTS

/** Throws `UnreadableItem`. */
export function readSlots(item: Item): Slots {
  return readFields(SLOTS, item, { key: nameOf(item), path: '' })
}

export function slotsItem(key: string, slots: Slots): Item & Key {
  return { ...slotsKey(key), ...writeFields(SLOTS, slots) }
}

/** Whatever others do at the same time: only a free place and an empty queue count. */
export function joinHolders(id: ProcessId, key: string, limit: number): Write {
  return {
    do: 'update',
    key: slotsKey(key),
    change: joined(HOLDERS.attr, id, limit),
    when: {
      all: [
        { attr: HOLDERS.attr, lacks: id },
        { attr: HOLDERS.attr, shorter: limit },
        { attr: QUEUE.attr, shorter: 1 },
      ],
    },
  }
}

/**
 * Joins the end of the queue, if no place is free or other processes wait already. Then at least one process holds a
 * place, and the process that leaves a place lets the next ones through.
 */
export function joinQueue(id: ProcessId, key: string, limit: number): Write {
  return {
    do: 'update',
    key: slotsKey(key),
    change: joined(QUEUE.attr, id, limit),
    when: {
      all: [
        { attr: HOLDERS.attr, lacks: id },
        { attr: QUEUE.attr, lacks: id },
        {
          any: [
            { attr: HOLDERS.attr, reaches: limit },
            { attr: QUEUE.attr, reaches: 1 },
          ],
        },
      ],
    },
  }
}

/** The holders and the queue as they were worked out from `seen`. Refused where anyone came or went since. */
export function replaceSlots(key: string, seen: Slots, next: Omit<Slots, 'version'>): Write {
  return {
    do: 'put',
    item: slotsItem(key, { ...next, version: seen.version + 1 }),
    when: { attr: COUNT.attr, is: seen.version },
  }
}

/** Holds as long as this one waits in the queue. */
export function inQueue(id: ProcessId, key: string): Write {
  return { do: 'check', key: slotsKey(key), when: { attr: QUEUE.attr, has: id } }
}

function joined(list: string, id: ProcessId, limit: number): ItemChange {
  return { set: { [LIMIT.attr]: limit }, add: { [COUNT.attr]: 1 }, append: { [list]: [id] } }
}
