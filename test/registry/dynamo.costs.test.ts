import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { itemBytes } from '../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  claimedOf,
  DONE,
  NOW,
  step,
  TTL,
} from '../conformance/suite/bed.ts'
import { freshTable, localClient } from '../helpers/table.ts'

type Cost = { readonly command: string; readonly units: number }

// What each operation costs, by DynamoDB's own account: a regression here is money, so it fails a test.
describe('an operation costs', () => {
  const costs: Cost[] = []
  let registry: DynamoProcessRegistry
  let store: DynamoStore

  beforeAll(async () => {
    const client = localClient(inject('dynamoEndpoint'))
    const tableName = await freshTable(client, 'costs')
    count(client, costs)
    const parts = { client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
    registry = new DynamoProcessRegistry(parts)
    store = new DynamoStore({ ...parts, requests: sdkRequests(client) })
  })

  async function spent(act: () => Promise<unknown>): Promise<readonly Cost[]> {
    costs.length = 0
    await act()
    return [...costs]
  }

  const update = (units: number) => [{ command: 'UpdateItem', units }]
  const put = (units: number) => [{ command: 'PutItem', units }]

  test('a process of three small steps: four requests, no transaction, no read, eight write units', async () => {
    const request = aRequest('fn-worker-4f2a/2026/11/24', { hardAt: NOW + 900_000 })
    const life = await spent(async () => {
      const { ownership } = claimedOf(await registry.start(aRegistration(), request, NOW))
      let held = await registry.commit(ownership, [step(0)], NOW)
      held = await registry.commit(held, [step(1)], NOW)
      await registry.complete(held, [step(2)], DONE, NOW)
    })
    // 3: item, and an entry in each index. 1 and 1: no index holds what a step changes. 3: out of due, status in list.
    expect(life).toEqual([...put(3), ...update(1), ...update(1), ...update(3)])
  })

  test('a renewal is one write unit, whatever the process carries', async () => {
    const registration = aRegistration({
      events: Array.from({ length: 100 }, (_, n) => `event-${n}`.padEnd(80, 'x')),
    })
    const { ownership } = claimedOf(await registry.start(registration, aRequest('a'), NOW))
    for (const at of [NOW + 1, NOW + 2]) {
      expect(await spent(() => registry.renew(ownership.lease, TTL, at))).toEqual(update(1))
    }
  })

  test('registering is one put, parking and claiming again one update each', async () => {
    const registration = aRegistration()
    expect(await spent(() => registry.register(registration, { now: NOW, wakeupScheduled: true }))).toEqual(
      put(3),
    )
    // Item, a due entry moved (out and in), status in list.
    const claimed = claimedOf(await registry.claim(registration.id, aRequest('a'), NOW))
    const park = { wait: { for: 'worker' }, dueAt: NOW + 5, wakeupScheduled: true } as const
    expect(await spent(() => registry.park(claimed.ownership, [step(0)], park, NOW))).toEqual(update(4))
    expect(await spent(() => registry.claim(registration.id, aRequest('b'), NOW + 5))).toEqual(update(4))
  })

  test('a cancel of a running process is one update and one notice', async () => {
    const { ownership } = claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW))
    const cost = await spent(() => registry.requestCancel(ownership.lease.id, { reason: 'enough' }, NOW))
    expect(cost).toEqual([...update(1), ...update(1)])
  })

  // Units of transactions are not compared: the emulator counts them once, DynamoDB twice.
  const commands = async (act: () => Promise<unknown>) => (await spent(act)).map(({ command }) => command)

  test('from a signal to a parked process to its running again: one transaction and one update', async () => {
    const { ownership } = claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW))
    const { id } = ownership.lease
    const wait = { wait: { for: 'effects', on: ['signal "go"'] }, wakeupScheduled: false } as const
    // Item, out of the due index, status in list.
    expect(await spent(() => registry.park(ownership, [], wait, NOW))).toEqual(update(3))
    const awake = await commands(async () => {
      await registry.signal(id, { name: 'go', key: 'k-1', payload: { ok: true } }, NOW)
      claimedOf(await registry.claim(id, aRequest('b'), NOW))
    })
    expect(awake).toEqual(['TransactWriteItems', 'UpdateItem'])
  })

  test('a child is one transaction to start, and one update to tell its parent of its end', async () => {
    const { ownership } = claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW))
    const child = aChildOf(ownership.lease.id)
    const start = await commands(() => registry.startChild(ownership, [step(0)], child, NOW))
    expect(start).toEqual(['TransactWriteItems'])
    const { row } = await registry.refresh(ownership)
    const wait = { wait: { for: 'effects', on: [`child "${child.id}"`] }, wakeupScheduled: false } as const
    await registry.park({ lease: ownership.lease, row }, [], wait, NOW)
    const told = await commands(() => registry.childEnded(row.id, { id: child.id, status: 'completed' }, NOW))
    expect(told).toEqual(['UpdateItem'])
  })

  test('one unit up to the last byte that the size rules give an item, and two with the next', async () => {
    // Values of every kind, so that a wrong rule for any of them moves the edge.
    const item = {
      pk: 'P#é',
      sk: 'SIZE',
      n: 12_345,
      z: 1_000,
      t: true,
      l: ['a', 1, null],
      m: { k: 'ü', e: [] },
      pad: '',
    }
    const padded = (bytes: number) => ({ ...item, pad: 'x'.repeat(bytes - itemBytes(item)) })
    for (const [bytes, units] of [
      [1_024, 1],
      [1_025, 2],
      [2_048, 2],
      [2_049, 3],
    ] as const) {
      expect(await spent(() => store.write({ do: 'put', item: padded(bytes) }))).toEqual(put(units))
    }
  })

  test('following a log costs as much as it is long, whichever part is asked for at a time', async () => {
    const followed = async (length: number): Promise<number> => {
      let { ownership } = claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW))
      for (let n = 0; n < length; n += 8)
        ownership = await registry.commit(
          ownership,
          Array.from({ length: 8 }, (_, more) => step(n + more, 'x'.repeat(60))),
          NOW,
        )
      const cost = await spent(async () => {
        let seen = 0
        for (;;) {
          const page = await registry.eventsAfter(ownership.lease.id, seen, 40)
          if (page.length === 0) break
          expect(page.map(({ seq }) => seq)).toEqual(page.map((_, index) => seen + index + 1))
          seen += page.length
        }
        expect(seen).toBe(length)
      })
      return cost.reduce((sum, { units }) => sum + units, 0)
    }
    const [once, fourTimes] = [await followed(240), await followed(960)]
    expect(fourTimes / once).toBeLessThan(4.5)
  })

  test('a get is one strongly consistent read', async () => {
    const { ownership } = claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW))
    expect(await spent(() => registry.get(ownership.lease.id))).toEqual([{ command: 'GetItem', units: 1 }])
  })
})

function count(client: DynamoDBClient, costs: Cost[]): void {
  client.middlewareStack.add(
    (proceed, context) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' })
      const reply = await proceed(args)
      const { ConsumedCapacity } = reply.output as { ConsumedCapacity?: { CapacityUnits?: number } }
      const command = String(context.commandName).replace(/Command$/, '')
      costs.push({ command, units: ConsumedCapacity?.CapacityUnits ?? Number.NaN })
      return reply
    },
    { step: 'initialize' },
  )
}
