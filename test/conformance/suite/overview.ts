import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import type { ParkRequest } from '../../../lib/model/ownership.ts'
import type { Page, ProcessRegistry } from '../../../lib/registry/port.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  BROKEN,
  claimedOf,
  DONE,
  freshId,
  NOW,
  sharded,
  started,
  TTL,
  type Bed,
  type Subject,
} from './bed.ts'

const ERROR = { class: 'N', code: 'non_determinism', message: 'm' }
const STUCK: ParkRequest = { wait: { for: 'resume', error: ERROR }, wakeupScheduled: false }

type Cursor = { readonly cursor?: string }
/** Every item of every page, with no page longer than its limit. */
async function pages<T>(limit: number, read: (from: Cursor) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let from: Cursor = {}
  for (let reads = 0; reads < 200; reads += 1) {
    const { items: more, cursor } = await read(from)
    expect(more.length).toBeLessThanOrEqual(limit)
    items.push(...more)
    if (cursor === undefined) return items
    from = { cursor }
  }
  throw new Error('the pages have no end')
}
const idsOf = (items: readonly { id: ProcessId }[]) => items.map(({ id }) => id)

/** Requests over all processes together: lists over kinds, attention, counts. */
export function overviewSuite(subject: Subject): void {
  describe('lists over all kinds', () => {
    const open = bedOf(subject)
    const at = async (registry: ProcessRegistry, now: number, more: { kind: string; scope?: string }) => {
      const registration = aRegistration(more)
      await registry.register(registration, { now, wakeupScheduled: false })
      return registration.id
    }

    test('listKinds() merges kinds, newest first, scoped ones too, in any page size [C77]', async () => {
      const registry = sharded(open().recorder, { listShards: 2 })
      const kinds = ['one', 'two', 'three'].map((name) => freshId(name))
      const ids: ProcessId[] = []
      for (let n = 0; n < 18; n += 1) {
        const scope = n % 4 === 0 ? { scope: 'tenant' } : {}
        ids.push(await at(registry, NOW + n, { kind: kinds[n % 3]!, ...scope }))
      }
      for (const limit of [1, 5, 18, 50]) {
        const items = await pages(limit, (from) => registry.listKinds({ kinds, limit, ...from }))
        expect(idsOf(items)).toEqual(ids.toReversed())
      }
      const window = { createdFrom: NOW + 3, createdBefore: NOW + 6 }
      expect(idsOf((await registry.listKinds({ kinds, ...window })).items)).toEqual(
        ids.slice(3, 6).toReversed(),
      )
    })

    test('listKinds() has each process of a millisecond once when a kind joins [C77]', async () => {
      const { registry, recorder } = open()
      const kinds = ['a', 'c'].map((name) => freshId(name)).toSorted()
      const between = freshId('b')
      const ids = []
      for (let n = 0; n < 12; n += 1) ids.push(await at(registry, NOW, { kind: kinds[n % 2]! }))
      const added = await at(registry, NOW - 1, { kind: between })
      recorder.ops()
      let deployed = kinds
      const items = await pages(5, (from) => {
        const page = registry.listKinds({ kinds: deployed, limit: 5, ...from })
        deployed = [...kinds, between]
        return page
      })
      expect(idsOf(items).toSorted()).toEqual([...ids, added].toSorted())
      expect(new Set(recorder.ops())).toEqual(new Set(['index']))
    })

    test('listKinds() refuses a changed cursor and an empty set of kinds [C77]', async () => {
      const { registry } = open()
      const kind = freshId('rare')
      for (let n = 0; n < 3; n += 1) await at(registry, NOW + n, { kind })
      expect((await registry.listKinds({ kinds: [kind], status: 'failed' })).items).toEqual([])
      const { cursor = '' } = await registry.listKinds({ kinds: [kind], limit: 1 })
      const wrong = ['', 'x', `${cursor}A`, cursor.split('.')[0]!, `${cursor.split('.')[0]!}.AAAA`]
      for (const each of wrong)
        await expect(registry.listKinds({ kinds: [kind], cursor: each })).rejects.toThrow(InvalidInput)
      const other = { kinds: [kind], status: 'pending', cursor } as const
      await expect(registry.listKinds(other)).rejects.toThrow(InvalidInput)
      await expect(registry.listKinds({ kinds: [] })).rejects.toThrow(InvalidInput)
    })

    test('counts() counts by kind and status, and says when it is cut', async () => {
      const bed = open()
      const [kind, empty] = [freshId('counted'), freshId('empty')]
      for (let n = 0; n < 3; n += 1) await at(bed.registry, NOW + n, { kind })
      const { ownership } = await started(bed, aRegistration({ kind }))
      await bed.registry.complete(ownership, [], BROKEN, NOW)
      bed.recorder.ops()
      expect(await bed.registry.counts([kind, empty])).toEqual([
        { kind, counts: { pending: 3, failed: 1 } },
        { kind: empty, counts: {} },
      ])
      expect(bed.recorder.ops()).toEqual(['index', 'index'])
      const [row] = (
        await bed.store.index({ index: 'list', partition: `k#${kind}#0`, order: 'up', limit: 1 })
      ).items
      bed.recorder.index = () => Promise.resolve({ items: [row!], next: row! })
      expect(await bed.registry.counts([kind])).toEqual([
        { kind, counts: { [row?.['s'] as string]: 10 }, atLeast: true },
      ])
    })
  })

  describe('attention', () => {
    const open = bedOf(subject)

    async function ended(bed: Bed, output: Parameters<ProcessRegistry['complete']>[2], now: number) {
      const { id, ownership } = await started(bed)
      await bed.registry.complete(ownership, [], output, now)
      return id
    }
    async function stuck(bed: Bed, now: number): Promise<ProcessId> {
      const { id, ownership } = await started(bed)
      await bed.registry.park(ownership, [], STUCK, now)
      return id
    }

    test('attention() lists exactly the stuck, failed and abandoned, by four queries [C78]', async () => {
      const bed = open()
      const { registry, recorder } = bed
      await ended(bed, DONE, NOW + 1)
      await ended(bed, { outcome: 'cancelled' }, NOW + 2)
      const failed = await ended(bed, BROKEN, NOW + 3)
      const waits = await stuck(bed, NOW + 4)
      const resumed = await stuck(bed, NOW + 5)
      await registry.resume(resumed, 'ann', NOW + 6)
      const cancelled = await stuck(bed, NOW + 7)
      await registry.requestCancel(cancelled, {}, NOW + 8)
      await registry.claim(cancelled, aRequest('c'), NOW + 9)
      const { id: lost } = await started(bed)
      await registry.requestAbandon(lost, {}, NOW + 10)
      await registry.claim(lost, aRequest('d'), NOW + TTL + 11)
      recorder.ops()
      const { items, cursor } = await registry.attention({})
      expect(recorder.ops()).toEqual(['index', 'index', 'index', 'index'])
      expect(cursor).toBeUndefined()
      expect(items).toMatchObject([
        {
          id: lost,
          status: 'abandoned',
          at: NOW + TTL + 11,
          endedAt: NOW + TTL + 11,
          code: 'operator-request',
        },
        { id: waits, status: 'stuck', at: NOW + 4, since: NOW + 4, code: 'non_determinism' },
        { id: failed, status: 'failed', at: NOW + 3, endedAt: NOW + 3, kind: 'orders.charge' },
      ])
      for (const limit of [1, 2])
        expect(idsOf(await pages(limit, (from) => registry.attention({ limit, ...from })))).toEqual(
          idsOf(items),
        )
      const only = await pages(1, (from) => registry.attention({ limit: 1, status: 'failed', ...from }))
      expect(idsOf(only)).toEqual([failed])
      await registry.markRetried(failed, resumed)
      expect((await registry.attention({ status: 'failed' })).items).toMatchObject([{ retriedBy: resumed }])
      await expect(registry.attention({ cursor: 'x' })).rejects.toThrow(InvalidInput)
    })
  })

  describe('entries of lists', () => {
    const open = bedOf(subject)

    test('an entry shows what its process waits for, since and until when, and its end [C79]', async () => {
      const { registry } = open()
      const kind = freshId('shown')
      const registration = aRegistration({ kind, scope: freshId('tenant') })
      await registry.register(registration, { now: NOW, wakeupScheduled: false })
      const { id, scope = '' } = registration
      const row = { id, kind, scope, createdAt: NOW }
      const shown = async () => {
        const [listed] = (await registry.list({ kind })).items
        expect((await registry.list({ scope })).items).toEqual([listed])
        return listed
      }
      expect(await shown()).toEqual({ ...row, status: 'pending' })
      const claim = async (name: string, now: number) =>
        claimedOf(await registry.claim(id, aRequest(name), now)).ownership
      const parks: readonly (readonly [ParkRequest['wait'], object])[] = [
        [{ for: 'effects', on: ['signal "go"', 'sleep "nap"'] }, { waitsFor: 'signal "go"' }],
        [{ for: 'slot', key: 'account-7', tries: 1 }, { waitsFor: 'slot account-7' }],
        [{ for: 'undeployed', kind: 'k', tries: 1 }, { waitsFor: 'undeployed k' }],
        [{ for: 'worker' }, { waitsFor: 'worker' }],
      ]
      let now = NOW
      for (const [wait, says] of parks) {
        now += 10
        const ownership = await claim(`${now}`, now)
        expect(await shown()).toEqual({ ...row, status: 'running' })
        await registry.park(ownership, [], { wait, dueAt: now + 5, wakeupScheduled: false }, now)
        expect(await shown()).toEqual({ ...row, status: 'waiting', since: now, until: now + 5, ...says })
        expect(await registry.get(id)).toMatchObject({ wait: { ...wait, since: now } })
      }
      now += 10
      await registry.park(await claim('stuck', now), [], STUCK, now)
      const stuck = { waitsFor: 'resume', since: now, code: ERROR.code }
      expect(await shown()).toEqual({ ...row, status: 'stuck', ...stuck })
      await registry.resume(id, undefined, now + 1)
      expect(await shown()).toMatchObject({ status: 'waiting', waitsFor: 'worker', since: now + 1 })
      await registry.complete(await claim('end', now + 2), [], BROKEN, now + 3)
      const code = BROKEN.outcome === 'failure' ? BROKEN.error.code : ''
      expect(await shown()).toEqual({ ...row, status: 'failed', endedAt: now + 3, code })
    })
  })
}
