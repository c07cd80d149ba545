import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { InvariantBroken, StoreUnavailable } from '../../../lib/model/errors.ts'
import { RANGE_READS_MAX, STORE_TRIES } from '../../../lib/model/limits.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import { seededChance } from '../../../lib/testing/seeded-chance.ts'
import { hastyClock } from '../../helpers/faulty-client.ts'
import { localClient } from '../../helpers/table.ts'

// Answers that the emulator never gives.

function scripted(answer: (input: Record<string, unknown>, count: number) => object) {
  const client = localClient('http://127.0.0.1:1')
  const inputs: Record<string, unknown>[] = []
  mockClient(client)
    .onAnyCommand()
    .callsFake((input: Record<string, unknown>) => answer(input, inputs.push(input)))
  const clock = hastyClock()
  return {
    store: new DynamoStore({ requests: sdkRequests(client), tableName: 't', clock, chance: seededChance(1) }),
    inputs,
    clock,
  }
}

const KEYS = [
  { pk: 'P#a', sk: 'LEASE' },
  { pk: 'P#b', sk: 'LEASE' },
]
const stored = (pk: string) => ({ pk: { S: pk }, sk: { S: 'LEASE' } })

describe('patience', () => {
  /** Each try takes so long, and is refused as one that was throttled. */
  const away = async (tryMs: number, patienceMs?: number) => {
    let now = 0
    const clock = { ...hastyClock(), now: () => now }
    const client = localClient('http://127.0.0.1:1')
    const slow = mockClient(client)
    slow.onAnyCommand().callsFake(() => {
      now += tryMs
      throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    })
    const limit = patienceMs === undefined ? {} : { patienceMs }
    const store = new DynamoStore({
      requests: sdkRequests(client),
      tableName: 't',
      clock,
      chance: seededChance(1),
      ...limit,
    })
    const error: unknown = await store.get(KEYS[0]!).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreUnavailable)
    return { tries: slow.calls().length, now }
  }

  test('is not exceeded by a try that would take as long as the one before', async () => {
    expect(await away(300, 1_000)).toEqual({ tries: 3, now: 900 })
    expect(await away(5_000, 8_000)).toEqual({ tries: 1, now: 5_000 })
  })

  test('leaves all tries to a store that answers at once, and is endless unless it is given', async () => {
    expect((await away(1, 1_000)).tries).toBe(STORE_TRIES)
    expect((await away(300)).tries).toBe(STORE_TRIES)
  })
})

describe('the store on DynamoDB', () => {
  test('asks again, after a pause, for the keys that a batch read left out', async () => {
    const { store, inputs, clock } = scripted((_, count) =>
      count === 1
        ? { Responses: { t: [stored('P#a')] }, UnprocessedKeys: { t: { Keys: [stored('P#b')] } } }
        : { Responses: { t: [stored('P#b')] } },
    )
    expect(await store.getMany(KEYS)).toEqual(KEYS)
    expect(inputs.map(({ RequestItems }) => RequestItems)).toEqual([
      { t: { Keys: [stored('P#a'), stored('P#b')] } },
      { t: { Keys: [stored('P#b')] } },
    ])
    expect(clock.waitedMs).toHaveLength(1)
  })

  test('answers with what it has when a batch read keeps leaving keys out: it is a hint', async () => {
    const { store, inputs } = scripted(() => ({ UnprocessedKeys: { t: { Keys: [stored('P#a')] } } }))
    expect(await store.getMany(KEYS)).toEqual([])
    expect(inputs).toHaveLength(STORE_TRIES)
  })

  test('reads no more than 100 keys at once', async () => {
    const { store } = scripted(() => ({}))
    await expect(store.getMany(Array.from({ length: 101 }, () => KEYS[0]!))).rejects.toThrow(InvariantBroken)
  })

  test('reads a range page by page, to its end', async () => {
    const { store, inputs } = scripted((_, count) => ({
      Items: [stored(`P#${count}`)],
      ...(count < 3 ? { LastEvaluatedKey: stored(`P#${count}`) } : {}),
    }))
    const items = await store.range({ pk: 'P#a', from: 'A', to: 'B' })
    expect(items.map(({ pk }) => pk)).toEqual(['P#1', 'P#2', 'P#3'])
    expect(inputs.map(({ ExclusiveStartKey }) => ExclusiveStartKey)).toEqual([
      undefined,
      stored('P#1'),
      stored('P#2'),
    ])
  })

  test('gives up a range that has no end', async () => {
    const { store, inputs } = scripted(() => ({ LastEvaluatedKey: stored('P#a') }))
    await expect(store.range({ pk: 'P#a', from: 'A', to: 'B' })).rejects.toThrow(StoreUnavailable)
    expect(inputs).toHaveLength(RANGE_READS_MAX)
  })

  test('takes a check only in a transaction', async () => {
    const { store, inputs } = scripted(() => ({}))
    const check = { do: 'check', key: KEYS[0]!, when: { attr: 'a', is: 1 } } as const
    await expect(store.write(check)).rejects.toThrow(InvariantBroken)
    expect(await store.transact([check])).toEqual({ applied: true })
    expect(inputs).toHaveLength(1)
  })
})
