import type { EpochMs } from '../../model/clock.ts'
import type { Fence, ProcessId } from '../../model/ids.ts'
import { hashOf } from '../../model/hash.ts'
import { sortedKeys, type Json } from '../../model/json.ts'
import { callbackKey, nameOf, onceKey } from './keys.ts'
import { NOT_THERE } from './plans.ts'
import { instant, needed, optional, readFields, text, whole, writeFields, type Fields } from './shape.ts'
import type { Item, Write } from '../store/store.ts'

// Makes an append from a client count once (C26). A signal leaves an item under its key, and a callback has an item of its
// own. Both hold the hash of the payload, so a repetition differs from another payload under the same key.

type OnceItem = { readonly content: string }
const ONCE: Fields<OnceItem> = { content: needed('c', text) }

/** A stored callback: the hash of its token, its last heartbeat, and the hash of its answer. */
export type CallbackItem = {
  readonly tokenHash: string
  /** Of the owner that made it known. */
  readonly fence: Fence
  readonly beatAt?: EpochMs
  readonly content?: string
}
const CALLBACK: Fields<CallbackItem> = {
  tokenHash: needed('h', text),
  fence: needed('f', whole),
  beatAt: optional('b', instant),
  content: optional('c', text),
}
const { tokenHash: TOKEN_HASH, fence: FENCE, beatAt: BEAT_AT, content: CONTENT } = CALLBACK

/** Throws `UnreadableItem`. */
export function readOnce(item: Item): OnceItem {
  return readFields(ONCE, item, { key: nameOf(item), path: '' })
}

/** Throws `UnreadableItem`. */
export function readCallback(item: Item): CallbackItem {
  return readFields(CALLBACK, item, { key: nameOf(item), path: '' })
}

/** Stores the key, if no signal has used it. */
export function takeKey(id: ProcessId, key: string, content: string): Write {
  return {
    do: 'put',
    item: { ...onceKey(id, hashOf(key)), ...writeFields(ONCE, { content }) },
    when: NOT_THERE,
  }
}

/**
 * Makes the callback known, or known anew. An owner that was overtaken does not replace what its successor made known;
 * an answer that was given stays.
 */
export function putCallback(id: ProcessId, position: number, callback: CallbackItem): Write {
  const unanswered = { attr: CONTENT.attr, absent: true } as const
  const own = { attr: TOKEN_HASH.attr, is: callback.tokenHash }
  return {
    do: 'update',
    key: callbackKey(id, position),
    change: { set: writeFields(CALLBACK, callback) },
    when: {
      any: [
        { attr: FENCE.attr, absent: true },
        { all: [{ attr: FENCE.attr, atMost: callback.fence }, { any: [unanswered, own] }] },
      ],
    },
  }
}

/** Puts the callback in the place of one that an earlier process of the same id has left, with its answer if it had one. */
export function replaceStaleCallback(
  id: ProcessId,
  position: number,
  { callback, leftover }: { callback: CallbackItem; leftover: CallbackItem },
): Write {
  return {
    do: 'update',
    key: callbackKey(id, position),
    change: { set: writeFields(CALLBACK, callback), remove: [BEAT_AT.attr, CONTENT.attr] },
    when: {
      all: [
        { attr: FENCE.attr, is: leftover.fence },
        { attr: TOKEN_HASH.attr, is: leftover.tokenHash },
      ],
    },
  }
}

/** Changes an open callback for a caller that has its token. */
export function withToken(
  id: ProcessId,
  at: { position: number; tokenHash: string },
  change: Pick<CallbackItem, 'beatAt' | 'content'>,
): Write {
  return {
    do: 'update',
    key: callbackKey(id, at.position),
    change: {
      set: writeFields<Pick<CallbackItem, 'beatAt' | 'content'>>(
        { beatAt: BEAT_AT, content: CONTENT },
        change,
      ),
    },
    when: {
      all: [
        { attr: TOKEN_HASH.attr, is: at.tokenHash },
        { attr: CONTENT.attr, absent: true },
      ],
    },
  }
}

/** SHA-256 of a value, whatever the order of its keys. */
export function contentHash(value: Json): string {
  return hashOf(JSON.stringify(sortedKeys(value)))
}
