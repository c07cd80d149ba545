import { describe, expect, test } from 'vitest'
import { dueShard } from '../../../lib/model/due.ts'
import { InvalidId, InvalidInput } from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import type { ListQuery, Page, ProcessRegistry } from '../../../lib/registry/port.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  BROKEN,
  changesNothing,
  claimedOf,
  DONE,
  freshId,
  NOW,
  sharded,
  started,
  step,
  TTL,
  type Bed,
  type Subject,
} from './bed.ts'

/** Every item of every page, with no page longer than its limit. */
async function pages<T>(limit: number, read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  for (let reads = 0; reads < 200; reads += 1) {
    const page = await read(cursor)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    if (page.cursor === undefined) return items
    cursor = page.cursor
  }
  throw new Error('the pages have no end')
}

export function listingSuite(subject: Subject): void {
  describe('listing', () => {
    const open = bedOf(subject)

    /** `count` processes of one kind of its own, a second apart, the oldest first. */
    async function aKind(bed: Bed, count: number, registry: ProcessRegistry = bed.registry) {
      const kind = freshId('kind')
      const ids: ProcessId[] = []
      for (let n = 0; n < count; n += 1) {
        const registration = aRegistration({ kind })
        await registry.register(registration, { now: NOW + n * 1_000, wakeupScheduled: false })
        ids.push(registration.id)
      }
      return { kind, ids, newestFirst: ids.toReversed() }
    }
    const idsOf = (items: readonly { id: ProcessId }[]) => items.map(({ id }) => id)

    test('a list is newest first, in pages of any size, each one query of the index [C53]', async () => {
      const bed = open()
      const { kind, newestFirst } = await aKind(bed, 7)
      for (const limit of [1, 3, 7, 100]) {
        bed.recorder.ops()
        const items = await pages(limit, (cursor) =>
          bed.registry.list({ kind, limit, ...(cursor === undefined ? {} : { cursor }) }),
        )
        expect(idsOf(items)).toEqual(newestFirst)
        const ops = bed.recorder.ops()
        expect(ops.every((op) => op === 'index')).toBe(true)
        expect(ops.length).toBeLessThanOrEqual(Math.floor(7 / limit) + 1)
      }
    })

    test('a list over several shards is newest first too, and pages without loss or repetition [C53]', async () => {
      const bed = open()
      const registry = sharded(bed.recorder, { listShards: 4 })
      const { kind, newestFirst } = await aKind(bed, 23, registry)
      for (const limit of [1, 5, 23, 50]) {
        const items = await pages(limit, (cursor) =>
          registry.list({ kind, limit, ...(cursor === undefined ? {} : { cursor }) }),
        )
        expect(idsOf(items)).toEqual(newestFirst)
      }
    })

    test('a process with a scope is listed under it and its kind, and no scope is a kind [C53]', async () => {
      const bed = open()
      const name = freshId('name')
      const scoped = aRegistration({ scope: name })
      const plain = aRegistration({ kind: name })
      for (const each of [scoped, plain])
        await bed.registry.register(each, { now: NOW, wakeupScheduled: false })
      expect(idsOf((await bed.registry.list({ scope: name })).items)).toEqual([scoped.id])
      expect(idsOf((await bed.registry.list({ kind: name })).items)).toEqual([plain.id])
    })

    test('a list shows status as it changes, and filters by it [C53]', async () => {
      const bed = open()
      const { kind, ids } = await aKind(bed, 6)
      const claim = async (n: number) =>
        claimedOf(await bed.registry.claim(ids[n]!, aRequest(`${n}`), NOW + 9_000))
      await claim(1)
      const park = { wait: { for: 'worker' }, dueAt: NOW + 9_000, wakeupScheduled: false } as const
      await bed.registry.park((await claim(2)).ownership, [], park, NOW + 9_000)
      await bed.registry.complete((await claim(3)).ownership, [], DONE, NOW + 9_000)
      await bed.registry.complete((await claim(4)).ownership, [], BROKEN, NOW + 9_000)
      const expected = {
        pending: [5, 0],
        running: [1],
        waiting: [2],
        completed: [3],
        failed: [4],
        stuck: [],
        cancelled: [],
      }
      for (const [status, numbers] of Object.entries(expected)) {
        const items = await pages(1, (cursor) =>
          bed.registry.list({
            kind,
            status,
            limit: 1,
            ...(cursor === undefined ? {} : { cursor }),
          } as ListQuery),
        )
        expect(idsOf(items)).toEqual(numbers.map((n) => ids[n]))
      }
      const [newest] = (await bed.registry.list({ kind, limit: 1 })).items
      expect(newest).toEqual({ id: ids[5], kind, status: 'pending', createdAt: NOW + 5_000 })
    })

    test('a page of a rare status ends early with a cursor, instead of reading on and on [C53]', async () => {
      const bed = open()
      const { kind } = await aKind(bed, 3)
      const query = { index: 'list', partition: `k#${kind}#0`, order: 'down', limit: 1 } as const
      const { items, next } = await bed.store.index(query)
      expect(next).toBeDefined()
      let reads = 0
      // The same full page again and again stands for a list of thousands.
      bed.recorder.index = () => {
        reads += 1
        return Promise.resolve({ items, next: next! })
      }
      const page = await bed.registry.list({ kind, status: 'failed' })
      expect(page).toEqual({ items: [], cursor: expect.any(String) })
      expect(reads).toBe(10)
    })

    test('rows of other shards do not overtake a shard that has reached its read budget [C53]', async () => {
      const bed = open()
      const registry = sharded(bed.recorder, { listShards: 2 })
      const row = (status: string, ca: number) => ({
        pk: `P#${status}`,
        sk: 'PROCESS',
        k: 'k',
        s: status,
        ca,
      })
      // One shard continues without a match; its next row may be newer than the match of the other.
      bed.recorder.index = ({ partition }) =>
        Promise.resolve(
          partition.endsWith('#0')
            ? { items: [row('pending', NOW)], next: row('pending', NOW) }
            : { items: [row('failed', NOW - 9)] },
        )
      const page = await registry.list({ kind: 'k', status: 'failed' })
      expect(page).toEqual({ items: [], cursor: expect.any(String) })
    })

    test('a time window takes its start and leaves its end out [C53]', async () => {
      const bed = open()
      const { kind, ids } = await aKind(bed, 6)
      const window = async (createdFrom?: number, createdBefore?: number) =>
        idsOf(
          (
            await bed.registry.list({
              kind,
              ...(createdFrom === undefined ? {} : { createdFrom }),
              ...(createdBefore === undefined ? {} : { createdBefore }),
            })
          ).items,
        )
      expect(await window(NOW + 1_000, NOW + 3_000)).toEqual([ids[2], ids[1]])
      expect(await window(NOW + 4_000)).toEqual([ids[5], ids[4]])
      expect(await window(undefined, NOW + 1_001)).toEqual([ids[1], ids[0]])
      expect(await window(NOW + 2_000, NOW + 2_000)).toEqual([])
      expect(await window(0, 0)).toEqual([])
    })

    test('a cursor that was changed, cut, made up or made for another query is rejected [C53]', async () => {
      const bed = open()
      const { kind } = await aKind(bed, 3)
      const { cursor } = await bed.registry.list({ kind, limit: 1 })
      expect(cursor).toBeDefined()
      const decoded = Buffer.from(cursor!, 'base64url').toString('utf8')
      const again = (text: string) => Buffer.from(text, 'utf8').toString('base64url')
      const wrong = [
        '',
        'x',
        cursor!.slice(0, -4),
        `${cursor!}AAAA`,
        again('[]'),
        again('["a"]'),
        again('null'),
        again(decoded.replace(String(NOW + 2_000), String(NOW + 1_000))),
      ]
      for (const each of wrong) {
        await expect(bed.registry.list({ kind, limit: 1, cursor: each })).rejects.toThrow(InvalidInput)
      }
      const others: ListQuery[] = [
        { kind: 'x' },
        { scope: kind },
        { kind, status: 'pending' },
        { kind, createdFrom: 1 },
      ]
      for (const other of others) {
        await expect(bed.registry.list({ ...other, cursor: cursor! })).rejects.toThrow(InvalidInput)
      }
      const shard = 0
      await expect(bed.registry.listDue({ shard, until: NOW, cursor: cursor! })).rejects.toThrow(InvalidInput)
    })

    test('a query that makes no sense is rejected before anything is read [C53]', async () => {
      const { registry, recorder } = open()
      const wrong: ListQuery[] = [
        {},
        { kind: 'a', scope: 'b' },
        { kind: 'a', limit: 0 },
        { kind: 'a', limit: 1.5 },
        { kind: 'a', createdFrom: Number.NaN },
        { kind: 'a', createdBefore: 0.5 },
      ]
      for (const query of wrong) await expect(registry.list(query)).rejects.toThrow(InvalidInput)
      await expect(registry.list({ kind: 'a b' })).rejects.toThrow(InvalidId)
      await expect(registry.list({ scope: '' })).rejects.toThrow(InvalidId)
      for (const query of [
        { shard: -1, until: 0 },
        { shard: 8, until: 0 },
        { shard: 0, until: 0.5 },
        { shard: 0, until: 0, limit: 0 },
      ]) {
        await expect(registry.listDue(query)).rejects.toThrow(InvalidInput)
      }
      expect(recorder.calls).toEqual([])
    })
  })

  describe('due rows', () => {
    const open = bedOf(subject)
    const dueIn = (registry: ProcessRegistry, id: ProcessId, until: number, limit = 100) =>
      pages(limit, (cursor) =>
        registry.listDue({
          shard: dueShard(id, registry.dueShards),
          until,
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      )
    const dueRow = async (registry: ProcessRegistry, id: ProcessId, until: number) =>
      (await dueIn(registry, id, until)).find((row) => row.id === id)

    test('a sweep that finds nothing due reads the due index only and changes nothing [C45]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.park(
        ownership,
        [step(0)],
        { wait: { for: 'worker' }, dueAt: NOW + 99_000, wakeupScheduled: false },
        NOW,
      )
      bed.recorder.ops()
      await changesNothing(bed, id, async () => {
        for (let shard = 0; shard < bed.registry.dueShards; shard += 1) {
          expect(await bed.registry.listDue({ shard, until: NOW - 1 })).toEqual({ items: [] })
        }
      })
      expect(new Set(bed.recorder.ops())).toEqual(new Set(['index']))
    })

    test('a row is in the due index from its due time on, and says what a sweep needs [C46, C52]', async () => {
      const bed = open()
      const { id, registration, ownership } = await started(bed)
      expect(await dueRow(bed.registry, id, NOW + TTL - 1)).toBeUndefined()
      const row = { id, kind: registration.kind }
      expect(await dueRow(bed.registry, id, NOW + TTL)).toEqual({
        ...row,
        status: 'running',
        fence: 1,
        dueAt: NOW + TTL,
        wakeupScheduled: false,
      })
      const park = { wait: { for: 'worker' }, dueAt: NOW + 50, wakeupScheduled: true } as const
      await bed.registry.park(ownership, [], park, NOW)
      expect(await dueRow(bed.registry, id, NOW + 50)).toEqual({
        ...row,
        status: 'waiting',
        fence: 1,
        dueAt: NOW + 50,
        wakeupScheduled: true,
      })
      const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 50))
      expect(await dueRow(bed.registry, id, NOW + 50)).toBeUndefined()
      await bed.registry.complete(next.ownership, [], DONE, NOW + 60)
      expect(await dueRow(bed.registry, id, NOW + 10 * TTL)).toBeUndefined()
    })

    test('a process that only an outside event can move is not in the due index [C45]', async () => {
      const bed = open()
      const external = aRegistration({ recovery: 'external' })
      await bed.registry.register(external, { now: NOW, wakeupScheduled: false })
      const { id, ownership } = await started(bed)
      const error = { class: 'N', code: 'n', message: 'm' }
      await bed.registry.park(ownership, [], { wait: { for: 'resume', error }, wakeupScheduled: false }, NOW)
      for (const each of [external.id, id]) expect(await dueRow(bed.registry, each, NOW * 2)).toBeUndefined()
    })

    test('due rows come soonest first, in pages of any size [C46]', async () => {
      const bed = open()
      const registry = sharded(bed.recorder, { dueShards: 1 })
      const early = 1_000_000
      for (const offset of [5, 3, 1, 4, 2]) {
        await registry.register(aRegistration(), { now: early + offset, wakeupScheduled: false })
      }
      for (const limit of [1, 2, 5, 9]) {
        const shard = 0
        const rows = await pages(limit, (cursor) =>
          registry.listDue({ shard, until: early + 5, limit, ...(cursor === undefined ? {} : { cursor }) }),
        )
        expect(rows.map(({ dueAt }) => dueAt - early)).toEqual([1, 2, 3, 4, 5])
      }
      for (const row of (await registry.listDue({ shard: 0, until: early + 5 })).items) {
        await registry.claim(row.id, aRequest(row.id), NOW)
      }
    })

    test('a cursor of due rows is valid for a look that reads further ahead, not less far [C46]', async () => {
      const bed = open()
      const registry = sharded(bed.recorder, { dueShards: 3 })
      const early = 2_000_000
      const shard = 1
      const ids: string[] = []
      while (ids.length < 4) {
        const registration = aRegistration()
        if (dueShard(registration.id, 3) !== shard) continue
        await registry.register(registration, { now: early + ids.length, wakeupScheduled: false })
        ids.push(registration.id)
      }
      const { items, cursor } = await registry.listDue({ shard, until: early + 2, limit: 2 })
      expect(items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
      // The row that the cursor names has moved on meanwhile.
      await registry.claim(items[1]!.id, aRequest('a'), NOW)
      const more = await registry.listDue({ shard, until: early + 3, cursor: cursor! })
      expect(more.items.map(({ id }) => id)).toEqual(ids.slice(2))
      for (const other of [
        { shard, until: early },
        { shard: 2, until: early + 3 },
      ])
        await expect(registry.listDue({ ...other, cursor: cursor! })).rejects.toThrow(InvalidInput)
      for (const { id } of [items[0]!, ...more.items]) await registry.claim(id, aRequest(id), NOW)
    })

    test('a row that cannot be read never stops a sweep or a list [C50]', async () => {
      const bed = open()
      const { id, registration } = await started(bed)
      const good = await started(bed)
      await bed.store.write({
        do: 'update',
        key: { pk: `P#${id}`, sk: 'PROCESS' },
        change: { set: { s: 'paused' } },
      })
      expect(await dueRow(bed.registry, id, NOW + TTL)).toBeUndefined()
      expect(await dueRow(bed.registry, good.id, NOW + TTL)).toBeDefined()
      const { items } = await bed.registry.list({ kind: registration.kind, createdFrom: NOW, limit: 10_000 })
      expect(items.map((item) => item.id)).toContain(good.id)
      expect(items.map((item) => item.id)).not.toContain(id)
      for (const [n, pk] of ['no-such-id', `P#${good.id}/x`].entries()) {
        const item = { pk, sk: 'PROCESS', d: 'due#0', da: 5 + n, k: 'k', s: 'pending', f: 0 }
        await bed.store.write({ do: 'put', item })
      }
      expect(
        await pages(1, (cursor) =>
          bed.registry.listDue({ shard: 0, until: 6, limit: 1, ...(cursor === undefined ? {} : { cursor }) }),
        ),
      ).toEqual([])
    })

    test('until when rows are leased is read in one batch, and only for the fence of the row [C46]', async () => {
      const bed = open()
      const renewed = await started(bed)
      await bed.registry.renew(renewed.ownership.lease, TTL, NOW + 10_000)
      const never = await started(bed)
      const older = await started(bed)
      await bed.registry.renew(older.ownership.lease, TTL, NOW + 10_000)
      await bed.registry.release(older.ownership, NOW)
      await bed.registry.claim(older.id, aRequest('b'), NOW)
      const noticed = await started(bed)
      await bed.registry.requestCancel(noticed.id, { reason: 'x' }, NOW)
      const rows = await Promise.all(
        [renewed, never, older, noticed].map(async ({ id }) => (await dueRow(bed.registry, id, NOW + TTL))!),
      )
      bed.recorder.ops()
      expect(await bed.registry.leasedUntil(rows)).toEqual(new Map([[renewed.id, NOW + 10_000 + TTL]]))
      expect(bed.recorder.ops()).toEqual(['getMany'])
      expect(await bed.registry.leasedUntil([])).toEqual(new Map())
    })

    test('more rows than one batch takes are asked for in batches', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW)
      const row = (await dueRow(bed.registry, id, NOW + TTL))!
      const rows = Array.from({ length: 250 }, (_, n) => ({
        ...row,
        id: n === 200 ? id : (`none-${n}` as ProcessId),
      }))
      bed.recorder.ops()
      expect(await bed.registry.leasedUntil(rows)).toEqual(new Map([[id, NOW + TTL]]))
      expect(bed.recorder.ops()).toEqual(['getMany', 'getMany', 'getMany'])
    })
  })
}
