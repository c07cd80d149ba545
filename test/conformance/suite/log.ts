import { describe, expect, test } from 'vitest'
import { InvalidInput, PayloadTooLarge, UnknownProcess, UnreadableItem } from '../../../lib/model/errors.ts'
import type { Ownership } from '../../../lib/model/ownership.ts'
import type { Json } from '../../../lib/model/json.ts'
import {
  INLINE_VALUE_MAX_BYTES,
  PAGE_MAX_BYTES,
  PAYLOAD_MAX_BYTES,
  TAIL_MIN_BYTES,
} from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { itemBytes } from '../../../lib/registry/store/store.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  claimedOf,
  DONE,
  NOW,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Bed,
  type Subject,
} from './bed.ts'

const ENTRIES: readonly Entry[] = [
  step(0),
  { type: 'effect', at: NOW, position: 1, effect: 'step', name: 'nothing', outcome: { ok: true } },
  {
    type: 'effect',
    at: NOW,
    position: 2,
    effect: 'step',
    name: 'wide "é" \u0000',
    outcome: { ok: true, value: { value: { deep: [null, 1.5, -0.1, 'ü'] } } },
  },
  {
    type: 'effect',
    at: NOW,
    position: 3,
    effect: 'step',
    name: 'far',
    outcome: { ok: true, value: { ref: 'v-1', bytes: 9 } },
  },
  {
    type: 'effect',
    at: -1,
    position: 4,
    effect: 'step',
    name: 'broken',
    outcome: { ok: false, error: { class: 'TypeError', code: 'EBAD', message: 'no' } },
  },
]

export function logSuite(subject: Subject): void {
  describe('log', () => {
    const open = bedOf(subject)

    async function committed(
      registry: ProcessRegistry,
      ownership: Ownership,
      count: number,
      from = 0,
    ): Promise<Ownership> {
      let held = ownership
      for (let n = from; n < from + count; n += 1) held = await registry.commit(held, [step(n)], NOW)
      return held
    }

    async function processItem(bed: Bed, id: string) {
      const [item] = await bed.store.range({ pk: `P#${id}`, from: 'PROCESS', to: 'PROCESS' })
      return item!
    }

    test('entries of every kind are read back as they were written, numbered from 1 [C24]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const { row } = await bed.registry.commit(ownership, ENTRIES.slice(0, 2), NOW)
      const next = await bed.registry.commit({ lease: ownership.lease, row }, ENTRIES.slice(2), NOW)
      expect(next.row).toMatchObject({ seq: 5, commit: 2, tail: ENTRIES })
      const log = await bed.registry.eventsAfter(id, 0)
      expect(log).toEqual(ENTRIES.map((entry, index) => ({ ...entry, seq: index + 1 })))
    })

    test('numbers have no gap across tail and pages, for the next owner too [C24]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const held = await committed(bed.registry, ownership, 60)
      expect(held.row.page).toBeDefined()
      const log = await bed.registry.eventsAfter(id, 0)
      expect(log).toEqual(upTo(60).map((seq) => ({ ...step(seq - 1), seq })))
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + TTL))
      expect(next.log.slice(0, 60)).toEqual(log)
      expect(next.log.at(-1)).toMatchObject({
        type: 'takeover',
        seq: 61,
        fence: 2,
        from: 'host-a',
        to: 'host-b',
      })
      const on = await committed(bed.other, next.ownership, 40, 60)
      await bed.other.park(
        on,
        [],
        { wait: { for: 'worker' }, dueAt: NOW + TTL, wakeupScheduled: false },
        NOW + TTL,
      )
      const last = claimedOf(await bed.other.claim(id, aRequest('c'), NOW + TTL))
      expect(seqs(last.log)).toEqual(upTo(101))
    })

    test('every page of every size gives the same log, from tail or pages [C25]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await committed(bed.registry, ownership, 33)
      const all = await bed.registry.eventsAfter(id, 0)
      for (const limit of [1, 7, 33]) {
        for (let after = 0; after <= 34; after += 1) {
          expect(await bed.registry.eventsAfter(id, after, limit)).toEqual(all.slice(after, after + limit))
        }
      }
    })

    test('what the tail holds is read without a query [C25]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const held = await committed(bed.registry, ownership, 30)
      bed.recorder.ops()
      await bed.registry.eventsAfter(id, held.row.seq - held.row.tail.length)
      expect(bed.recorder.ops()).toEqual(['get'])
      await bed.registry.eventsAfter(id, held.row.seq - held.row.tail.length - 1)
      expect(bed.recorder.ops()).toEqual(['get', 'range'])
    })

    test('an unknown process and a query that makes no sense are rejected [C25]', async () => {
      const bed = open()
      await expect(bed.registry.eventsAfter(aRegistration().id, 0)).rejects.toThrow(UnknownProcess)
      const { id } = await started(bed)
      for (const [after, limit] of [
        [-1, 1],
        [0.5, 1],
        [Number.NaN, 1],
        [0, 0],
        [0, 1.5],
      ] as const) {
        await expect(bed.registry.eventsAfter(id, after, limit)).rejects.toThrow(InvalidInput)
      }
    })

    test('a process item of three small steps stays under 1,000 bytes, ended and with every entry', async () => {
      const bed = open()
      const { ownership, id } = await started(
        bed,
        aRegistration(),
        aRequest('fn-worker-4f2a/2026/11/24', { hardAt: NOW }),
      )
      const held = await committed(bed.registry, ownership, 2)
      expect(itemBytes(await processItem(bed, id))).toBeLessThan(700)
      await bed.registry.complete(held, [step(2)], DONE, NOW)
      expect(itemBytes(await processItem(bed, id))).toBeLessThan(1_000)
    })

    test('fewer than one in five small commits rolls a page, and the item stays in one write unit', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      let held = ownership
      for (let n = 0; n < 100; n += 1) {
        held = await bed.registry.commit(held, [step(n)], NOW)
        expect(itemBytes(await processItem(bed, id))).toBeLessThanOrEqual(1_000)
      }
      const puts = bed.recorder.calls.flatMap(({ writes }) => writes).filter((write) => write.do === 'put')
      expect(puts.length).toBeGreaterThan(0)
      expect(puts.length).toBeLessThan(20)
    })

    test('a big registration fills whole write units and leaves its tail room', async () => {
      const bed = open()
      const events = Array.from({ length: 20 }, (_, n) => `event-type-${n}`.padEnd(60, 'x'))
      const { ownership, id } = await started(bed, aRegistration({ events }))
      let held = ownership
      for (let n = 0; n < 100; n += 1) {
        held = await bed.registry.commit(held, [step(n)], NOW)
        expect(itemBytes(await processItem(bed, id))).toBeLessThanOrEqual(3 * 1_024 - 24)
      }
      const puts = bed.recorder.calls.flatMap(({ writes }) => writes).filter((write) => write.do === 'put')
      expect(puts.length).toBeLessThan(20)
      expect(TAIL_MIN_BYTES).toBeGreaterThan(5 * 60)
    })

    test('one commit of a megabyte of entries becomes several pages [C24]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const entries = Array.from({ length: 2_000 }, (_, position) => step(position, 'x'.repeat(470)))
      const { row } = await bed.registry.commit(ownership, entries, NOW)
      expect(row).toMatchObject({ seq: 2_000, tail: [], commit: 1 })
      const items = await bed.store.range({ pk: `P#${id}`, from: 'LOG#', to: 'LOG#~' })
      expect(items.length).toBeGreaterThan(3)
      for (const item of items) expect(itemBytes(item)).toBeLessThan(PAGE_MAX_BYTES + 200)
      expect(await bed.registry.eventsAfter(id, 1_234, 1)).toEqual([{ ...entries[1_234], seq: 1_235 }])
      expect(seqs(await bed.registry.eventsAfter(id, 0, 10_000))).toEqual(upTo(2_000))
    })

    test('an entry that fits no page is rejected before anything is written', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const big = step(0, 'x'.repeat(PAGE_MAX_BYTES))
      await expect(bed.registry.commit(ownership, [big], NOW)).rejects.toThrow(PayloadTooLarge)
      expect(bed.recorder.calls).toEqual([])
    })

    test('a log whose page is gone is reported as unreadable, and so is a damaged page', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await committed(bed.registry, ownership, 30)
      const [page] = await bed.store.range({ pk: `P#${id}`, from: 'LOG#', to: 'LOG#~' })
      await bed.store.write({ do: 'put', item: { ...page!, t: ['["e",1]'] } as never })
      await expect(bed.registry.eventsAfter(id, 0)).rejects.toThrow(UnreadableItem)
      await bed.store.write({ do: 'put', item: { ...page!, v: 2 } as never })
      await expect(bed.registry.claim(id, aRequest('b'), NOW + TTL)).rejects.toThrow(/its version is 2/)
      const other = await started(bed)
      await committed(bed.registry, other.ownership, 30)
      const key = { pk: `P#${other.id}`, sk: 'PROCESS' }
      const { p } = (await bed.store.get(key)) ?? {}
      // A page of the same numbers that another owner would have written.
      const set = { p: (p as string).replace(/#1$/u, '#9') }
      await bed.store.write({ do: 'update', key, change: { set } })
      await expect(bed.registry.eventsAfter(other.id, 0)).rejects.toThrow(/a page of the log is missing/)
    })

    test('claim() grants a process whose log page is missing, and reports the page', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await committed(bed.registry, ownership, 30)
      const key = { pk: `P#${id}`, sk: 'PROCESS' }
      const { p } = (await bed.store.get(key)) ?? {}
      const set = { p: (p as string).replace(/#1$/u, '#9') }
      await bed.store.write({ do: 'update', key, change: { set } })
      const claimed = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + TTL))
      expect(claimed).toMatchObject({ ownership: { lease: { fence: 2 } }, log: [], input: null })
      expect(claimed.unreadable).toBeInstanceOf(UnreadableItem)
      expect(claimed.unreadable?.message).toMatch(/a page of the log is missing/)
    })

    test('a reader that sees a page pointer before its page reads again [C24]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const held = await committed(bed.registry, ownership, 10)
      let reads = 0
      bed.recorder.range = async (query) => {
        reads += 1
        const items = await bed.store.range(query)
        // A query is not a snapshot: its first part is read before the roll, its last part after.
        if (reads > 1) return items
        await bed.other.commit(held, [step(10, 'x'.repeat(500)), step(11, 'y'.repeat(500))], NOW)
        const late = await bed.store.range({ ...query, from: 'PROCESS' })
        return [...items.filter(({ sk }) => sk !== 'PROCESS'), ...late]
      }
      const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + TTL))
      expect(reads).toBe(2)
      expect(seqs(next.log)).toEqual(upTo(13))
    })

    describe('payloads', () => {
      const VALUES: Readonly<Record<string, Json>> = {
        null: null,
        'an empty text': '',
        'the largest inline value': 'x'.repeat(INLINE_VALUE_MAX_BYTES - 2),
        'one byte more': 'x'.repeat(INLINE_VALUE_MAX_BYTES - 1),
        'a wide text': 'é€😀'.repeat(500),
        'the largest payload': 'x'.repeat(PAYLOAD_MAX_BYTES - 2),
      }
      for (const [what, value] of Object.entries(VALUES)) {
        test(`${what} is kept and read back intact [C44]`, async () => {
          const bed = open()
          const { id } = await started(bed)
          const payload = await bed.registry.keep(id, value, 'a value')
          expect('ref' in payload).toBe(Buffer.byteLength(JSON.stringify(value)) > INLINE_VALUE_MAX_BYTES)
          expect(bed.recorder.applied()).toBe('ref' in payload ? 1 : 0)
          expect(await bed.other.load(id, payload)).toEqual(value)
          expect(await bed.registry.keep(id, value, 'a value')).toEqual(payload)
        })
      }

      test('a value over the maximum is rejected and nothing is written [C44]', async () => {
        const bed = open()
        const { id } = await started(bed)
        const tooBig = bed.registry.keep(id, 'x'.repeat(PAYLOAD_MAX_BYTES - 1), 'the result of step "a"')
        await expect(tooBig).rejects.toMatchObject({
          code: 'payload_too_large',
          facts: {
            what: 'the result of step "a"',
            bytes: PAYLOAD_MAX_BYTES + 1,
            maxBytes: PAYLOAD_MAX_BYTES,
          },
        })
        expect(bed.recorder.calls).toEqual([])
      })

      test('a payload that is gone, cut or no JSON is reported as unreadable', async () => {
        const bed = open()
        const { id } = await started(bed)
        await expect(bed.registry.load(id, { ref: 'v-none', bytes: 3 })).rejects.toThrow(
          /the payload is missing/,
        )
        await bed.store.write({ do: 'put', item: { pk: `P#${id}`, sk: 'BLOB#v-1', v: 1, j: '"ab' } })
        await expect(bed.registry.load(id, { ref: 'v-1', bytes: 9 })).rejects.toThrow(
          /expected 9 bytes, found 3/,
        )
        await expect(bed.registry.load(id, { ref: 'v-1', bytes: 3 })).rejects.toThrow(/is no JSON/)
      })
    })
  })
}
