import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BusEvent } from '../../lib/status-events/bus.ts'
import type { DeadRecord } from '../../lib/status-events/dead-letters.ts'
import { serveRecords } from '../../lib/status-events/serve.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { Retention } from '../../lib/registry/retention.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item, Key } from '../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import {
  asAttributes,
  damage,
  damaged,
  renamed,
  templates,
  VICTIMS,
  type Templates,
} from '../helpers/damage.ts'
import { expectUnpolluted, holds, SEED } from '../helpers/fuzz.ts'
import { Told } from '../helpers/world.ts'

/** Attributes of types and sizes that we never write, as the stream hands them on. */
const foreign = fc.constantFrom<AttributeValue | undefined>(
  undefined,
  { N: '9007199254740993' },
  { N: '1e100' },
  { N: '-0.5' },
  { B: 'AAAA' as never },
  { SS: ['a', 'b'] },
  { NS: ['1e30'] },
  { NULL: true },
  { L: [{ N: '1e100' }] },
  { M: { constructor: { S: 'x' } } },
)

type Image = Record<string, AttributeValue>

function imageOf(item: Item | undefined, pick: number, value: AttributeValue | undefined): Image | undefined {
  if (item === undefined) return undefined
  const image: Image = asAttributes(item)
  const names = [...Object.keys(item).filter((name) => !['pk', 'sk'].includes(name)), 'zz']
  return value === undefined ? image : { ...image, [names[pick % names.length] ?? 'zz']: value }
}

function recordOf(
  key: Key,
  before: Image | undefined,
  after: Image | undefined,
  index: number,
): DynamoDBRecord {
  return {
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      Keys: asAttributes(key) as never,
      SequenceNumber: String(index + 1),
      ApproximateCreationDateTime: 1_764_000_000,
      ...(before === undefined ? {} : { OldImage: before as never }),
      ...(after === undefined ? {} : { NewImage: after as never }),
    },
  }
}

const isProcess = ({ sk }: Key): boolean => sk === 'PROCESS'

describe(`images of damaged items in the table’s stream (SEED=${SEED})`, () => {
  let made: Templates
  beforeAll(async () => {
    const store = new MemoryStore()
    made = await templates(store, new StoreRegistry(store, { durable: false, name: 'stream' }))
  })

  test('are published or dead-lettered, in one delivery, and their neighbours are told and let go', () =>
    holds(
      fc.asyncProperty(
        fc.constantFrom(...VICTIMS),
        fc.constantFrom('INSERT', 'MODIFY', 'REMOVE', 'OLD'),
        damage,
        foreign,
        fc.nat(100),
        async (victim, event, hurt, value, pick) => {
          const sound = renamed(made[victim], 'bad').filter(isProcess)
          const { items } = damaged(sound, hurt)
          const [was, is] = [sound[0], items[0]]
          if (was === undefined) throw new Error('a template has a process item')
          const key = { pk: was.pk, sk: was.sk }
          const bad = imageOf(is, pick, value)
          const [before, after] = {
            INSERT: [undefined, bad],
            MODIFY: [imageOf(was, 0, undefined), bad],
            REMOVE: [bad, undefined],
            OLD: [bad, imageOf(was, 0, undefined)],
          }[event] as [Image | undefined, Image | undefined]
          const { answer, events, dead, store } = await serve([
            endOf('first', 0),
            recordOf(key, before, after, 1),
            endOf('last', 2),
          ])
          expect(answer).toBeUndefined()
          expect(events.filter(({ detail }) => detail.id !== 'bad')).toHaveLength(2)
          for (const { reason } of dead) expect(reason).toMatch(/^P#bad\/PROCESS cannot be read: /u)
          for (const id of ['first', 'last']) expect(await lasting(store, id)).toEqual([])
          // A sound image is published, whatever stood there before.
          if (event === 'OLD' && bad !== undefined && dead.length > 0)
            throw new Error('a sound image is buried')
          expectUnpolluted()
        },
      ),
      400,
    ))

  const ofEnded = (id: string) => renamed(made.ended, id)

  function endOf(id: string, index: number): DynamoDBRecord {
    const [row] = ofEnded(id).filter(isProcess)
    if (row === undefined) throw new Error('a template has a process item')
    return recordOf({ pk: row.pk, sk: row.sk }, undefined, imageOf(row, 0, undefined), index)
  }

  async function serve(records: readonly DynamoDBRecord[]) {
    const store = new MemoryStore()
    for (const item of [...ofEnded('first'), ...ofEnded('last')]) await store.write({ do: 'put', item })
    const events: BusEvent[] = []
    const dead: DeadRecord[] = []
    const answer = await serveRecords(
      {
        bus: {
          put: async (put) => {
            events.push(...put)
            return put.map(() => 'taken' as const)
          },
        },
        clock: SYSTEM_CLOCK,
        chance: SYSTEM_CHANCE,
        mayGoOn: () => true,
        telemetry: new Told(),
        deadRecords: { put: async (record) => void dead.push(record) },
        retention: new Retention(store),
      },
      records,
    )
    return { answer, events, dead, store }
  }

  /** What of a process would stay for ever. */
  async function lasting(store: MemoryStore, id: string): Promise<readonly string[]> {
    const { keys } = await store.keys({ pk: `P#${id}`, limit: 500 })
    return keys
      .filter(({ sk, expires }) => !expires && !['PROCESS', 'LEASE'].includes(sk))
      .map(({ sk }) => sk)
  }
})
