import { PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { LeaseholdError, UnreadableItem } from '../../lib/model/errors.ts'
import type { ProcessId } from '../../lib/model/ids.ts'
import { isEnded } from '../../lib/model/record.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { GZIP, type PayloadPorts } from '../../lib/registry/payload-ports.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import type { Item, ItemStore, Key } from '../../lib/registry/store/store.ts'
import { audit } from '../../lib/sweep/audit.ts'
import { drive } from '../../lib/worker/drive.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import {
  asAttributes,
  damage,
  damaged,
  idOf,
  plain,
  renamed,
  rich,
  templates,
  VICTIMS,
  type Templates,
} from '../helpers/damage.ts'
import { expectUnpolluted, holds, SEED } from '../helpers/fuzz.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { World } from '../helpers/world.ts'
import * as fc from 'fast-check'

type Ground = {
  readonly store: ItemStore
  readonly registry: ProcessRegistry
  /** Puts an item as it is, whatever is in it; on DynamoDB also with one attribute of any type. */
  readonly put: (item: Item, pick?: number, foreign?: AttributeValue) => Promise<unknown>
}
const GROUNDS = [
  { name: 'in memory', runs: 250, open: () => ground(new MemoryStore()) },
  { name: 'in memory, behind a codec', runs: 120, open: () => ground(new MemoryStore(), { codec: GZIP }) },
  { name: 'on DynamoDB', runs: 12, open: onDynamo },
]

function ground(store: MemoryStore, payloads: PayloadPorts = {}): Promise<Ground> {
  return Promise.resolve({
    store,
    registry: new StoreRegistry(store, { durable: false, name: 'fuzzed', payloads }),
    put: (item) => store.write({ do: 'put', item: item as Item & Key }),
  })
}

async function onDynamo(): Promise<Ground> {
  const client = localClient(inject('dynamoEndpoint'))
  const TableName = await freshTable(client, 'fuzz')
  const store = new DynamoStore({
    requests: sdkRequests(client),
    tableName: TableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  return {
    store,
    registry: new StoreRegistry(store, { durable: false, name: 'fuzzed' }),
    put(item, pick = 0, foreign) {
      const attributes = asAttributes(item)
      // The keys of the table and of its indexes have the types that they have.
      const names = Object.keys(item).filter((name) => !['pk', 'sk', 'd', 'da', 'g', 'ca'].includes(name))
      const name = names[pick % Math.max(1, names.length)]
      const Item =
        foreign === undefined || name === undefined ? attributes : { ...attributes, [name]: foreign }
      return client.send(new PutItemCommand({ TableName, Item }))
    },
  }
}

/** What a damaged item may be answered with, besides `UnreadableItem`: it looks like one that says something else. */
const ALSO = [
  'unknown_process',
  'process_ended',
  'signal_refused',
  'key_conflict',
  'lease_lost',
  'contended',
  'concurrency_queue_full',
  'non_determinism',
  'unknown_kind',
]

for (const { name, runs, open } of GROUNDS) {
  describe(`a damaged item ${name} (SEED=${SEED})`, () => {
    let made: Templates
    let cases = 0
    beforeAll(async () => {
      const { store, registry } = await open()
      made = await templates(store, registry)
    })

    test('reads as something or throws by name, harms no other process, and is not overwritten', () =>
      holds(
        fc.asyncProperty(fc.constantFrom(...VICTIMS), damage, async (victim, hurt) => {
          const { store, registry, put } = name === 'on DynamoDB' ? await shared(open) : await open()
          const world = new World(registry)
          cases += 1
          const [bad, good, other] = [`bad-${cases}`, `good-${cases}`, `other-${cases}`].map(idOf) as [
            ProcessId,
            ProcessId,
            ProcessId,
          ]
          const { items, key, attr } = damaged(renamed(made[victim], bad), hurt)
          const all = [...items, ...renamed(made.waiting, good), ...renamed(made.running, other)]
          for (const item of all) if (!(await isStored(() => put(item)))) return
          await world.clock.advance(8 * 86_400_000)
          const before = await store.get(key)
          const unreadable = await readAll(world, bad)
          await runAll(world, bad, [good, other])
          expect(await world.registry.get(good)).toMatchObject({ status: 'completed' })
          expect(await world.registry.get(other)).toMatchObject({ status: 'completed' })
          if (unreadable && attr !== undefined && hurt.how !== 'drop')
            expectKept(before, await store.get(key), attr)
          expectUnpolluted()
        }),
        runs,
      ))
  })
}

/** False where DynamoDB itself refuses the damage: a key of an index has its type, and is not empty. */
async function isStored(put: () => Promise<unknown>): Promise<boolean> {
  const error = await errorOf(put)
  if (error instanceof Error && error.name !== 'ValidationException') throw error
  return error === undefined
}

let opened: Promise<Ground> | undefined
function shared(open: () => Promise<Ground>): Promise<Ground> {
  return (opened ??= open())
}

/** Reads all that can be read of a process. True where its item is unreadable. */
async function readAll({ registry, told, clock }: World, id: ProcessId): Promise<boolean> {
  const record = await answered(id, () => registry.get(id))
  await answered(id, () => registry.eventsAfter(id, 0))
  await answered(id, () => registry.eventsAfter(id, 20))
  await answered(id, async () => record !== undefined && isEnded(record) && registry.outputOf(record))
  for (const kind of ['rich', 'plain']) await registry.list({ kind })
  await answered(id, () => audit({ registry, telemetry: told, clock }, { kind: 'rich' }))
  return (await errorOf(() => registry.get(id))) instanceof UnreadableItem
}

/** Everything that is done to processes, with this one among good ones. */
async function runAll(world: World, bad: ProcessId, good: readonly ProcessId[]): Promise<void> {
  const { registry, clock } = world
  const parts = world.parts([rich, plain])
  await answered(bad, () => registry.signal(bad, { name: 'go', key: 'k-3', payload: 1 }, clock.now()))
  await answered(bad, () => registry.signal(bad, { name: 'other', key: 'k-1', payload: 2 }, clock.now()))
  await answered(bad, () => registry.heartbeat(bad, { position: 24, token: 'x'.repeat(22) }, clock.now()))
  const outcome = { ok: true, value: 1 } as const
  await answered(bad, () =>
    registry.reply(bad, { position: 24, token: 'x'.repeat(22), outcome }, clock.now()),
  )
  await answered(bad, () => registry.requestCancel(bad, { reason: 'r' }, clock.now()))
  expect((await world.sweep()).failedShards).toBe(0)
  const looks = [bad, ...good].map((id) => JSON.stringify({ v: 1, type: 'look', id }))
  await world.until(world.serve(parts, looks))
  await world.until(drive(parts, { controller: parts.controller, execution: {} }))
  for (const { error } of world.told.lines) if (error !== undefined) expectKnown(bad, error)
}

async function answered<T>(id: ProcessId, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    expectKnown(id, error)
    return undefined
  }
}

function expectKnown(id: ProcessId, error: unknown): void {
  if (!(error instanceof LeaseholdError)) throw error
  if (!(error instanceof UnreadableItem))
    return expect([error.message, ALSO]).toEqual([error.message, expect.arrayContaining([error.code])])
  // A table that is shared holds what earlier cases have damaged.
  expect(error.message).toMatch(new RegExp(`^[PC]#(bad-\\d+|${id})/`, 'u'))
}

async function errorOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error
  }
}

/** When it is due, and that a wake-up was sent, may be set anew; what it holds may be added to. */
function expectKept(before: Item | undefined, after: Item | undefined, attr: string): void {
  if (['da', 'd', 'b'].includes(attr)) return
  const [was, is] = [before?.[attr], after?.[attr]]
  // Counters count on.
  if (typeof was === 'number' && typeof is === 'number' && is > was) return
  expect(Array.isArray(was) && Array.isArray(is) ? is.slice(0, was.length) : is).toEqual(was)
}

describe(`an attribute of a type that DynamoDB has and we never write (SEED=${SEED})`, () => {
  const foreign: readonly AttributeValue[] = [
    { N: '9007199254740993' },
    { N: '1e100' },
    { N: '-0.5' },
    { B: Buffer.from('bytes') },
    { SS: ['a', 'b'] },
    { NS: ['1', '2'] },
    { NULL: true },
    { M: { __proto__x: { S: 'x' } } },
    { L: [{ B: Buffer.from('bytes') }] },
  ]

  test('makes one process unreadable, and the others of the batch, the list and the sweep continue', async () => {
    const { store, registry, put } = await onDynamo()
    const made = await templates(store, registry)
    let cases = 0
    await holds(
      fc.asyncProperty(fc.nat(1_000), fc.constantFrom(...foreign), async (pick, value) => {
        const world = new World(registry)
        cases += 1
        const [bad, good] = [`bad-${cases}`, `good-${cases}`].map(idOf) as [ProcessId, ProcessId]
        for (const item of renamed(made.waiting, good)) await put(item)
        for (const item of renamed(made.running, bad)) await put(item, pick, value)
        await world.clock.advance(8 * 86_400_000)
        await readAll(world, bad)
        await runAll(world, bad, [good])
        expect(await registry.get(good)).toMatchObject({ status: 'completed' })
      }),
      14,
    )
  })
})
