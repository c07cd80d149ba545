import { describe, expect, test } from 'vitest'
import { InvalidMessage, UnreadableItem } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { readMessage } from '../../lib/queue/messages.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item, Key } from '../../lib/registry/store/store.ts'
import manifest from '../../package.json' with { type: 'json' }
import { kitOver } from './kit.ts'
import { readFixture } from './fixture.ts'
import { served } from './life.ts'
import { load } from './stored.ts'

// A release that is taken back meets what the newer one has stored. It refuses that by name, leaves it as it is, and serves the rest.

const { scene } = readFixture(manifest.version)
const ID = parseProcessId('dead-twice')
const row = scene.items.find(({ pk, sk }) => pk === `P#${ID}` && sk === 'PROCESS')!
const tail = row['t'] as readonly string[]
const later = scene.at + 600_000

const NEWER: readonly (readonly [string, Item, RegExp])[] = [
  ['version of an item', { v: 2 }, /its version is 2, this code reads 1/u],
  ['kind of wait', { w: { f: 'moon' } }, /w\.f: names no known variant/u],
  ['status', { s: 'paused' }, /s: expected one of pending/u],
  ['recovery', { r: 'restart' }, /r: expected one of rerun/u],
  ['kind of entry', { t: [tail[0]!.replace('"e"', '"q"'), ...tail.slice(1)] }, /no entry has the tag q/u],
  ['kind of effect', { t: [tail[0]!.replace('"s"', '"q"'), ...tail.slice(1)] }, /no effect has the tag q/u],
  ['form of a value', { i: { k: 'key' } }, /i\.r: is missing/u],
]

describe('of a newer release', () => {
  test.each(NEWER)(
    'an unknown %s is refused by name, and the item stays as it is',
    async (_, change, reason) => {
      const newer = scene.items.map((item) =>
        item === row ? { ...item, ...change } : item,
      ) as typeof scene.items
      const store = new MemoryStore()
      await load(store, newer)
      const before = await itemsOf(store)
      const kit = kitOver(store, { startAt: later })
      const request = { ownerId: 'older', attemptId: 'a', token: 't', ttlMs: 30_000 }
      for (const refused of [() => kit.registry.get(ID), () => kit.registry.claim(ID, request, later)]) {
        const error = await refused().catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(UnreadableItem)
        expect((error as UnreadableItem).message).toMatch(reason)
      }
      await kit.skip({ minutes: 5 })
      expect(await itemsOf(store)).toEqual(before)
      expect(await kit.record('registered')).toMatchObject({ status: 'completed' })
    },
  )

  test.each([
    ['version', { v: 2 }, /expected 1, got 2 \(a newer sender\?\)/u],
    ['field', { priority: 9 }, /priority/u],
    ['type', { type: 'pause' }, /type/u],
  ] as const)(
    'a message with an unknown %s is refused by name, and starts nothing',
    async (_, change, reason) => {
      const body = JSON.stringify({ ...(JSON.parse(scene.messages[0]!) as object), ...change })
      expect(() => readMessage(body)).toThrow(InvalidMessage)
      const store = new MemoryStore()
      await load(store, scene.items)
      const { again, letters, kit } = await served(store, scene, [body])
      expect({ again, letters }).toEqual({
        again: [],
        letters: [
          expect.objectContaining({ body, code: 'invalid_message', reason: expect.stringMatching(reason) }),
        ],
      })
      expect(await kit.registry.get(parseProcessId('from-message'))).toBeUndefined()
    },
  )
})

/** All items of the process. */
function itemsOf(store: MemoryStore): Promise<readonly Item[]> {
  const { pk }: Key = row
  return store.range({ pk, from: ' ', to: '~' })
}
