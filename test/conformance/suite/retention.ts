import { describe, expect, test } from 'vitest'
import { NoLongerRetained, RegistrationConflict, UnknownProcess } from '../../../lib/model/errors.ts'
import { hashOf } from '../../../lib/model/hash.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { INPUT_PUT_AT } from '../../../lib/registry/codec/rows.ts'
import {
  INPUT_ABANDONED_AFTER_MS,
  KEYS_PAGE,
  RELATED_ITEMS_KEPT_MS,
  RETENTION_MS,
  TOMBSTONE_MS,
} from '../../../lib/model/limits.ts'
import { relatedItemsKeptUntil } from '../../../lib/model/retention.ts'
import type { Output, TerminalRecord } from '../../../lib/model/record.ts'
import type { Registration } from '../../../lib/model/registration.ts'
import { StoreRegistry } from '../../../lib/registry/registry.ts'
import { Retention } from '../../../lib/registry/retention.ts'
import { everything } from '../../helpers/recorder.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  bedOf,
  claimedOf,
  DONE,
  freshId,
  NOW,
  started,
  step,
  type Bed,
  type Subject,
} from './bed.ts'

const DAY = 24 * 3_600_000
const LONG = 'x'.repeat(2_000)

/** A registry whose reads go by a clock that the test sets. */
function at(bed: Bed, now: number): StoreRegistry {
  return new StoreRegistry(bed.store, { durable: false, name: 'timed', clock: { now: () => now } })
}

async function ended(bed: Bed, more: Partial<Omit<Registration, 'id'>> = {}) {
  const begun = await started(bed, aRegistration(more))
  const record = await bed.registry.complete(begun.ownership, [step(0)], DONE, NOW)
  return { ...begun, record }
}

export function retentionSuite(subject: Subject): void {
  describe('retention', () => {
    const open = bedOf(subject)

    test('an ended process is shown until its time has passed, and not a moment longer [C55]', async () => {
      const bed = open()
      const { id, record } = await ended(bed, { limits: { retentionMs: 3 * DAY } })
      const [before, after] = [at(bed, NOW + 3 * DAY - 1), at(bed, NOW + 3 * DAY)]
      expect(await before.get(id)).toEqual(record)
      expect(await before.eventsAfter(id, 0)).toHaveLength(2)
      await expect(after.get(id)).rejects.toThrow(NoLongerRetained)
      await expect(after.eventsAfter(id, 0)).rejects.toThrow(NoLongerRetained)
    })

    test('a process that says nothing of it is kept for the default time [C55]', async () => {
      const bed = open()
      const { id } = await ended(bed)
      expect(await at(bed, NOW + RETENTION_MS - 1).get(id)).toMatchObject({ status: 'completed' })
      await expect(at(bed, NOW + RETENTION_MS).get(id)).rejects.toThrow(NoLongerRetained)
    })

    test('what has ended is in no list [C55]', async () => {
      const bed = open()
      const kind = freshId('kept')
      const short = await ended(bed, { kind, limits: { retentionMs: DAY } })
      const long = await ended(bed, { kind })
      const ids = async (now: number) => (await at(bed, now).list({ kind })).items.map(({ id }) => id)
      expect((await ids(NOW)).toSorted()).toEqual([short.id, long.id].toSorted())
      expect(await ids(NOW + DAY + 1_000)).toEqual([long.id])
    })

    test('an id stays used after the retention: its start, read and signal are refused by name [C55]', async () => {
      const bed = open()
      const { id, registration } = await ended(bed, { limits: { retentionMs: DAY } })
      const now = NOW + DAY
      const other = { ...registration, input: { amount: 13 } }
      const before = await everything(bed.store, id)
      const asked = [
        () => bed.other.register(registration, { now, wakeupScheduled: false }),
        () => bed.other.register(other, { now, wakeupScheduled: false }),
        () => bed.other.start(registration, aRequest('b'), now),
        () => bed.other.signal(id, { name: 's', key: 'k', payload: 1 }, now),
        () => bed.other.requestCancel(id, { reason: 'late' }, now),
        () => bed.other.requestAbandon(id, { reason: 'late' }, now),
        () => bed.other.resume(id, undefined, now),
      ]
      for (const ask of asked) await expect(ask()).rejects.toThrow(NoLongerRetained)
      expect(await everything(bed.store, id)).toEqual(before)
      expect(await bed.other.claim(id, aRequest('b'), now)).toMatchObject({ outcome: 'ended' })
    })

    test('an id that never was is unknown, at any time [C55]', async () => {
      const bed = open()
      const id = freshId() as ProcessId
      expect(await at(bed, NOW).get(id)).toBeUndefined()
      await expect(at(bed, NOW).requestCancel(id, { reason: 'x' }, NOW)).rejects.toThrow(UnknownProcess)
    })

    test('a process is kept until its parent is notified of its end [C55]', async () => {
      const bed = open()
      const parent = await started(bed)
      const child = aChildOf(parent.id, { limits: { retentionMs: 1 } })
      await bed.registry.startChild(parent.ownership, [step(0)], child, NOW)
      const claimed = claimedOf(await bed.registry.claim(child.id, aRequest('c'), NOW))
      const record = await bed.registry.complete(claimed.ownership, [], DONE, NOW)
      expect(await at(bed, NOW + DAY).get(child.id)).toMatchObject({ pendingNotifications: true })
      await bed.registry.dependentsNotified(record)
      await expect(at(bed, NOW + DAY).get(child.id)).rejects.toThrow(NoLongerRetained)
    })

    test('a child and its output are shown to its parent for as long as its row is there [C55]', async () => {
      const bed = open()
      const parent = await started(bed)
      const child = aChildOf(parent.id, { limits: { retentionMs: 1 } })
      await bed.registry.startChild(parent.ownership, [step(0)], child, NOW)
      const claimed = claimedOf(await bed.registry.claim(child.id, aRequest('c'), NOW))
      const output: Output = { outcome: 'success', value: { text: LONG } }
      const record = await bed.registry.complete(claimed.ownership, [], output, NOW)
      await bed.registry.dependentsNotified(record)
      await new Retention(bed.store).setExpiry(child.id, relatedItemsKeptUntil(record))
      const late = at(bed, NOW + 3 * DAY)
      const shown = await late.get(child.id, parent.id)
      expect(shown).toMatchObject({ id: child.id, status: 'completed' })
      expect(await late.outputOf(shown as TerminalRecord)).toEqual(output)
      await expect(late.get(child.id)).rejects.toThrow(NoLongerRetained)
      await expect(late.get(child.id, freshId() as ProcessId)).rejects.toThrow(NoLongerRetained)
      const items = await everything(bed.store, child.id)
      const [row, blob] = ['PROCESS', 'BLOB#o-'].map((of) =>
        items.find(({ sk }) => typeof sk === 'string' && sk.startsWith(of)),
      )
      expect(blob?.['x']).toBe(row?.['x'])
    })

    test('the hidden row outlives any start message that a queue may still hold [C55]', async () => {
      const bed = open()
      const { id } = await ended(bed, { limits: { retentionMs: DAY } })
      const [row] = await everything(bed.store, id)
      expect(row?.['x']).toBe(Math.ceil((NOW + DAY + TOMBSTONE_MS) / 1_000))
    })

    test('pages, payloads, keys and callbacks of an ended process get an expiry [C55]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed, aRegistration({ input: { text: LONG } }))
      await bed.registry.signal(id, { name: 's', key: 'k', payload: { text: LONG } }, NOW)
      await bed.registry.openCallback(ownership, { position: 3, tokenHash: hashOf('secret') }, NOW)
      const held = await bed.registry.refresh(ownership)
      const more = await bed.registry.commit(
        held,
        Array.from({ length: 12 }, (_, i) => step(i, 'y'.repeat(200))),
        NOW,
      )
      const record = await bed.registry.complete(more, [], { outcome: 'success', value: { text: LONG } }, NOW)
      const retention = new Retention(bed.store)
      expect(await retention.setExpiry(id, relatedItemsKeptUntil(record))).toBeGreaterThanOrEqual(5)
      const items = await everything(bed.store, id)
      const kinds = new Set(items.map(({ sk }) => (typeof sk === 'string' ? sk.replace(/#.*/, '') : '')))
      expect([...kinds].toSorted()).toEqual(['BLOB', 'CB', 'KEY', 'LEASE', 'LOG', 'PROCESS'])
      const relatedItems = items.filter(({ sk }) => sk !== 'PROCESS' && sk !== 'LEASE')
      expect(relatedItems.map(({ x }) => x)).toEqual(relatedItems.map(() => (NOW + RETENTION_MS) / 1_000))
      expect(items.filter(({ x }) => x === undefined)).toEqual([])
      expect(await retention.setExpiry(id, relatedItemsKeptUntil(record))).toBe(0)
      expect(await everything(bed.store, id)).toEqual(items)
      expect(await bed.registry.eventsAfter(id, 0)).toHaveLength(14)
    })

    test('more items than one page of keys are all reached [C55]', async () => {
      const bed = open()
      const { id, record } = await ended(bed)
      const count = KEYS_PAGE + 3
      for (let i = 0; i < count; i += 1)
        await bed.store.write({ do: 'put', item: { pk: `P#${id}`, sk: `KEY#${i}`, c: 'x' } })
      expect(await new Retention(bed.store).setExpiry(id, relatedItemsKeptUntil(record))).toBe(count)
    })

    test('items of a process with a short retention outlive the notifications of its end [C55]', async () => {
      const bed = open()
      const { record } = await ended(bed, { limits: { retentionMs: 1 } })
      expect(relatedItemsKeptUntil(record)).toBe(NOW + RELATED_ITEMS_KEPT_MS)
    })

    test('a start that is repeated once its process has ended gives the input no second life [C55]', async () => {
      const bed = open()
      const { id, registration, record } = await ended(bed, { input: { text: LONG } })
      await new Retention(bed.store).setExpiry(id, relatedItemsKeptUntil(record))
      // Each put of an input says when it was put: all else stays as it was.
      const stored = async () =>
        (await everything(bed.store, id)).map(({ [INPUT_PUT_AT]: _putAt, ...rest }) => rest)
      const before = await stored()
      expect(before.filter(({ x }) => x === undefined)).toEqual([])
      await bed.other.register(registration, { now: NOW + 1, wakeupScheduled: false })
      expect(await stored()).toEqual(before)
      await bed.other.start(registration, aRequest('b'), NOW + 2)
      expect(await stored()).toEqual(before)
      const late = NOW + RETENTION_MS
      await expect(bed.other.start(registration, aRequest('b'), late)).rejects.toThrow(NoLongerRetained)
      expect(await stored()).toEqual(before)
    })

    test('the input of a start that is refused goes, that of whom it met stays [C55]', async () => {
      const bed = open()
      const { id, registration, ownership } = await started(bed, aRegistration({ input: { text: LONG } }))
      const other = { ...registration, input: { text: `${LONG}!` } }
      await expect(bed.other.register(other, { now: NOW, wakeupScheduled: false })).rejects.toThrow(
        RegistrationConflict,
      )
      const blobs = async (of: string) =>
        new Set((await bed.store.range({ pk: `P#${of}`, from: 'BLOB#', to: 'BLOB~' })).map(({ x }) => x))
      const soon = (NOW + RELATED_ITEMS_KEPT_MS) / 1_000
      expect(await blobs(id)).toEqual(new Set([soon, undefined]))
      // The same again, which is refused as well, and the very one that stands, which is not.
      await expect(bed.other.start(other, aRequest('b'), NOW)).rejects.toThrow(RegistrationConflict)
      await bed.other.register(registration, { now: NOW, wakeupScheduled: false })
      expect(await blobs(id)).toEqual(new Set([soon, undefined]))

      await bed.other.requestCancel(id, { reason: 'enough' }, NOW)
      const child = aChildOf(id, { input: { text: LONG } })
      const reply = await bed.registry.startChild(ownership, [step(0)], child, NOW)
      expect(reply).toMatchObject({ started: false, because: 'cancelled' })
      expect(await blobs(child.id)).toEqual(new Set([soon]))
    })

    test('the input that a repeated start made anew goes, and the row keeps the first [C55]', async () => {
      const bed = open()
      const registration = { ...aRegistration(), made: { text: LONG } }
      const { id, ownership } = await started(bed, registration)
      const again = { ...registration, made: { text: `${LONG}!` } }
      expect((await bed.other.register(again, { now: NOW, wakeupScheduled: false })).created).toBe(false)
      await bed.other.start(again, aRequest('b'), NOW)
      const blobs = await bed.store.range({ pk: `P#${id}`, from: 'BLOB#', to: 'BLOB~' })
      const soon = (NOW + RELATED_ITEMS_KEPT_MS) / 1_000
      expect(new Set(blobs.map(({ x }) => x))).toEqual(new Set([soon, undefined]))
      const kept = (await bed.registry.get(id))!
      expect(kept.input).toEqual(ownership.row.input)
      expect(await bed.registry.load(id, kept.input)).toEqual({ text: LONG })
    })

    test('items of an overtaken owner expire after the row, and a new process keeps its own [C55]', async () => {
      const bed = open()
      const retention = new Retention(bed.store)
      const gone = freshId() as ProcessId
      const left = { pk: `P#${gone}`, sk: 'LOG#000000000002#000000000001#1', v: 1 }
      const input = { pk: `P#${gone}`, sk: 'BLOB#i-hash', j: '1' }
      for (const item of [left, input]) await bed.store.write({ do: 'put', item })
      expect(await retention.clear(gone, NOW)).toBe(1)
      expect(await bed.store.get({ pk: left.pk, sk: left.sk })).toEqual({ ...left, x: NOW / 1_000 })
      expect(await bed.store.get({ pk: input.pk, sk: input.sk })).toEqual(input)

      const { id } = await started(bed, aRegistration({ input: { text: LONG } }))
      await bed.registry.signal(id, { name: 's', key: 'k', payload: 1 }, NOW)
      const before = await everything(bed.store, id)
      expect(await retention.clear(id, NOW)).toBe(0)
      expect(await everything(bed.store, id)).toEqual(before)
    })

    test('clear() expires an input that a dead start left, once no start can be under way [C55]', async () => {
      const bed = open()
      const retention = new Retention(bed.store)
      const removed = freshId() as ProcessId
      const { id } = await started(bed, aRegistration({ input: { text: LONG } }))
      const [input] = await bed.store.range({ pk: `P#${id}`, from: 'BLOB#i-', to: 'BLOB#i-~' })
      const left = { ...input!, pk: `P#${removed}`, sk: input!['sk'] as string }
      await bed.store.write({ do: 'put', item: left })

      expect(await retention.clear(removed, NOW + INPUT_ABANDONED_AFTER_MS - 1)).toBe(0)
      expect(await bed.store.get({ pk: left.pk, sk: left.sk })).toEqual(left)
      const later = NOW + INPUT_ABANDONED_AFTER_MS
      expect(await retention.clear(removed, later)).toBe(1)
      expect(await bed.store.get({ pk: left.pk, sk: left.sk })).toEqual({ ...left, x: later / 1_000 })
      expect(await retention.clear(id, later)).toBe(0)
    })
  })
}
