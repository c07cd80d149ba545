import { describe, expect, test } from 'vitest'
import { InvariantBroken, UnreadableItem } from '../../../lib/model/errors.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'

const key = { pk: 'P#a', sk: 'PROCESS' }

describe('the store in memory', () => {
  test('keeps and answers copies: what a caller changes afterwards changes nothing', async () => {
    const store = new MemoryStore()
    const item = { ...key, t: ['a'] }
    const reply = await store.write({ do: 'put', item })
    item.t.push('b')
    if (reply.applied) (reply.item['t'] as string[]).push('c')
    const read = await store.get(key)
    expect(read).toEqual({ ...key, t: ['a'] })
    ;(read!['t'] as string[]).push('d')
    expect(await store.get(key)).toEqual({ ...key, t: ['a'] })
  })

  test('refuses an item over 400 KB, and a transaction with one leaves everything as it was', async () => {
    const store = new MemoryStore()
    const fits = { ...key, a: 'x'.repeat(400 * 1_024 - 4 - 8 - 2 - 1 - 0) }
    await expect(store.write({ do: 'put', item: { ...fits, a: `${fits.a}x` } })).rejects.toThrow(
      InvariantBroken,
    )
    const writes = [
      { do: 'put', item: { pk: 'P#b', sk: 'A' } },
      { do: 'update', key, change: { set: { a: `${fits.a}x` } } },
    ] as const
    await expect(store.transact(writes)).rejects.toThrow(/at most 400 KB/)
    expect(await store.get({ pk: 'P#b', sk: 'A' })).toBeUndefined()
    expect(await store.write({ do: 'put', item: fits })).toMatchObject({ applied: true })
  })

  test('refuses what DynamoDB refuses: a doubled item, a lone check, 101 keys, an unknown index', async () => {
    const store = new MemoryStore()
    const put = { do: 'put', item: key } as const
    await expect(store.transact([put, put])).rejects.toThrow(InvariantBroken)
    await expect(store.write({ do: 'check', key, when: { attr: 'a', is: 1 } })).rejects.toThrow(
      InvariantBroken,
    )
    const keys = Array.from({ length: 101 }, () => key)
    await expect(store.getMany(keys)).rejects.toThrow(InvariantBroken)
    const query = { index: 'other' as never, partition: 'x', order: 'up', limit: 1 } as const
    await expect(store.index(query)).rejects.toThrow(InvariantBroken)
  })

  test('refuses to add to a text and to append to a number', async () => {
    const store = new MemoryStore()
    await store.write({ do: 'put', item: { ...key, s: 'x', n: 1 } })
    await expect(store.write({ do: 'update', key, change: { add: { s: 1 } } })).rejects.toThrow(
      UnreadableItem,
    )
    await expect(store.write({ do: 'update', key, change: { append: { n: ['a'] } } })).rejects.toThrow(
      UnreadableItem,
    )
  })

  test('rows of an index with the same sort key page without loss', async () => {
    const store = new MemoryStore()
    for (const n of [1, 2, 3, 4, 5]) {
      await store.write({ do: 'put', item: { pk: `P#${n}`, sk: 'PROCESS', g: 'k#a#0', ca: 7 } })
    }
    for (const order of ['up', 'down'] as const) {
      const seen: string[] = []
      let after
      do {
        const page = await store.index({
          index: 'list',
          partition: 'k#a#0',
          order,
          limit: 2,
          ...(after && { after }),
        })
        seen.push(...page.items.map(({ pk }) => JSON.stringify(pk)))
        after = page.next
      } while (after !== undefined)
      expect(new Set(seen)).toEqual(new Set([1, 2, 3, 4, 5].map((n) => `"P#${n}"`)))
      expect(seen).toHaveLength(5)
    }
  })
})
