import { beforeAll, describe, expect, inject, test } from 'vitest'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { readMessage } from '../../lib/queue/messages.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import type { ItemStore } from '../../lib/registry/store/store.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { readFixture, RELEASES } from './fixture.ts'
import { live, openIds, served, type Expected } from './life.ts'
import { load, writtenAgain } from './stored.ts'

const STORES: readonly (readonly [string, () => Promise<ItemStore>])[] = [
  ['in memory', () => Promise.resolve(new MemoryStore())],
  [
    'on DynamoDB',
    async () => {
      const client = localClient(inject('dynamoEndpoint'))
      const tableName = await freshTable(client, 'upgrade')
      const system = { clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
      return new DynamoStore({ requests: sdkRequests(client), tableName, ...system })
    },
  ],
]

describe.each(RELEASES)('what %s stored', (release) => {
  const { scene, expected } = readFixture(release)

  test('is read, and written again as it was', () => {
    for (const item of scene.items) expect(writtenAgain(item)).toEqual(item)
  })

  test('names each message as today’s code does', () => {
    for (const body of scene.messages) expect(readMessage(body)).toEqual(JSON.parse(body))
  })

  describe.each(STORES)('%s', (_, open) => {
    let store: ItemStore
    let lived: Expected
    beforeAll(async () => {
      store = await open()
      await load(store, scene.items)
      lived = await live(store, scene)
    })

    test('shows each process as it did', () => {
      expect(lived.processes).toEqual(expected.processes)
    })

    test('has the histories that it had', () => {
      expect(lived.history).toEqual(expected.history)
    })

    test('is in the same lists and counts', () => {
      expect(lived.lists).toEqual(expected.lists)
    })

    test('is found by the sweep when it is due', () => {
      expect(lived.swept).toEqual(expected.swept)
      expect(lived.swept).toEqual(expect.arrayContaining(['dead-twice', 'registered', 'ended-unheard']))
    })

    test('continues to the recorded ends, and no process stays open', async () => {
      expect(lived.ends).toEqual(expected.ends)
      expect(await openIds(store, scene)).toEqual([])
    })
  })

  test('accepts its messages in flight', async () => {
    const store = new MemoryStore()
    await load(store, scene.items)
    const { again, letters, kit } = await served(store, scene, scene.messages)
    expect({ again, letters }).toEqual({ again: [], letters: [] })
    for (const id of ['from-message', 'registered', 'dead-twice'])
      expect(await kit.record(id)).toMatchObject({ status: 'completed' })
  })
})
