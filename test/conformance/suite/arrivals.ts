import { describe, expect, test } from 'vitest'
import type { Ownership, ParkRequest } from '../../../lib/model/ownership.ts'
import { TAIL_ROLL_TRIES, TAIL_ROLLED_BYTES } from '../../../lib/model/limits.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { everything } from '../../helpers/recorder.ts'
import {
  aChildOf,
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

const STUCK = {
  wait: { for: 'resume', error: { class: 'NonDeterminism', code: 'non_determinism', message: 'm' } },
  wakeupScheduled: false,
} as const

function parkedFor(...on: string[]): ParkRequest {
  return { wait: { for: 'effects', on }, wakeupScheduled: false }
}

/** Signals that no wait is for, each with the largest payload that rides in the row: together more than one item takes. */
const NOISE = 700
const noise = (n: number) => ({ name: 'noise', key: `noise-${n}`, payload: 'x'.repeat(480) })

async function floodOf(bed: Bed, id: ProcessId, count = NOISE): Promise<void> {
  for (let n = 0; n < count; n += 1) await bed.other.signal(id, noise(n), NOW)
}

export function arrivalsSuite(subject: Subject): void {
  describe('arrivals', () => {
    const open = bedOf(subject)

    async function tailBytes(bed: Bed, id: ProcessId): Promise<number> {
      return Number((await everything(bed.store, id)).find(({ sk }) => sk === 'PROCESS')?.['y'] ?? 0)
    }

    const places: Readonly<Record<string, (bed: Bed, held: Ownership) => Promise<unknown>>> = {
      'parked for a signal': (bed, held) => bed.registry.park(held, [], parkedFor('signal "approve"'), NOW),
      'parked for a child': (bed, held) =>
        bed.registry.park(held, [], parkedFor(`child "${held.lease.id}.1"`), NOW),
      running: () => Promise.resolve(),
      stuck: (bed, held) => bed.registry.park(held, [], STUCK, NOW),
    }
    for (const [place, go] of Object.entries(places)) {
      test(`a process that is ${place} accepts arrivals after ${NOISE} unawaited ones [C64]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        await bed.registry.openCallback(ownership, { position: 3, tokenHash: 'h' }, NOW)
        await go(bed, ownership)
        await floodOf(bed, id)
        expect(await tailBytes(bed, id)).toBeLessThan(TAIL_ROLLED_BYTES + 1_000)
        const signal = { name: 'approve', key: 'k', payload: 'yes' }
        expect(await bed.registry.signal(id, signal, NOW)).toMatchObject({ fresh: true })
        const child = { id: aChildOf(id).id, status: 'completed' } as const
        expect(await bed.registry.childEnded(id, child, NOW)).toMatchObject({ record: { seq: NOISE + 2 } })
        const log = await bed.other.eventsAfter(id, 0, 1_000)
        expect(seqs(log)).toEqual(upTo(NOISE + 2))
        expect(log.slice(0, NOISE).map((entry) => 'key' in entry && entry.key)).toEqual(
          Array.from({ length: NOISE }, (_, n) => `noise-${n}`),
        )
        expect(await bed.other.signal(id, noise(0), NOW)).toMatchObject({ fresh: false })
      }, 60_000)
    }

    test('only an arrival that a parked process awaits makes it due [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id).id
      await bed.registry.park(ownership, [], parkedFor('signal "approve"', `child "${child}"`), NOW)
      expect(await bed.registry.signal(id, noise(1), NOW + 1)).toEqual({
        id,
        status: 'waiting',
        wakes: false,
        fresh: true,
      })
      await bed.registry.childEnded(id, { id: aChildOf(id, { id: `${id}.2` }).id, status: 'failed' }, NOW + 2)
      expect(await bed.other.get(id)).not.toHaveProperty('dueAt')
      expect(await bed.other.claim(id, aRequest('b'), NOW + 3)).toMatchObject({ outcome: 'not-due' })
      const signal = { name: 'approve', key: 'k', payload: 'yes' }
      expect(await bed.registry.signal(id, signal, NOW + 4)).toMatchObject({ wakes: true })
      expect(await bed.other.get(id)).toMatchObject({ dueAt: NOW + 4, wakeupScheduled: true })
      const { log } = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 5))
      expect(log.map(({ type }) => type)).toEqual(['signal', 'child', 'signal'])
    })

    test('an arrival of a kind that the shown waits do not tell wakes its process [C64]', async () => {
      for (const anyOf of ['signal', 'reply', 'child'] as const) {
        const bed = open()
        const { ownership, id } = await started(bed)
        await bed.registry.park(
          ownership,
          [],
          {
            wait: { for: 'effects', on: ['sleep "nap"'], anyOf: [anyOf] },
            dueAt: NOW + 60_000,
            wakeupScheduled: true,
          },
          NOW,
        )
        await bed.registry.signal(id, noise(1), NOW + 1)
        expect(await bed.other.get(id)).toMatchObject({ dueAt: anyOf === 'signal' ? NOW + 1 : NOW + 60_000 })
        const told = await bed.registry.childEnded(id, { id: aChildOf(id).id, status: 'failed' }, NOW + 2)
        expect(told?.record).toHaveProperty(
          'dueAt',
          { signal: NOW + 1, child: NOW + 2, reply: NOW + 60_000 }[anyOf],
        )
      }
    })

    test('any arrival wakes a row that an earlier version parked with its name list full [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], parkedFor(...upTo(8).map((n) => `child "${id}.${n}"`)), NOW)
      expect(await bed.registry.signal(id, noise(1), NOW + 1)).toMatchObject({ wakes: true })
      expect(await bed.other.get(id)).toMatchObject({ dueAt: NOW + 1 })
    })

    test('an arrival wakes a process that parked for it between the look and the append [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], { ...parkedFor('sleep "nap"'), dueAt: NOW }, NOW)
      let looks = 0
      // Claimed and parked for the signal, after the refusal that brought the row with the nap.
      const move = async (): Promise<void> => {
        looks += 1
        if (looks === 1) {
          bed.recorder.interrupt = move
          return
        }
        const { ownership: next } = claimedOf(await bed.other.claim(id, aRequest('b'), NOW))
        await bed.other.park(next, [], parkedFor('signal "noise"'), NOW)
      }
      bed.recorder.interrupt = move
      expect(await bed.registry.signal(id, noise(1), NOW + 1)).toMatchObject({ wakes: true })
      expect(await bed.other.get(id)).toMatchObject({ dueAt: NOW + 1, seq: 1 })
    })

    test('an owner continues from a tail that an arrival rolled under its hands [C24, C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const first = await bed.registry.commit(ownership, [step(1)], NOW)
      await floodOf(bed, id, 20)
      expect((await bed.other.get(id))?.page).toBeDefined()
      const second = await bed.registry.commit(first, [step(2)], NOW)
      await floodOf(bed, id, 30)
      const third = await bed.registry.commit(second, [step(3, 'y'.repeat(900))], NOW)
      await bed.registry.complete(third, [step(4)], DONE, NOW)
      const log = await bed.other.eventsAfter(id, 0, 1_000)
      expect(seqs(log)).toEqual(upTo(log.length))
      const own = log.filter(({ type }) => type === 'effect')
      expect(own.map((entry) => entry.type === 'effect' && entry.position)).toEqual([1, 2, 3, 4])
      expect(log.filter(({ type }) => type === 'signal')).toHaveLength(30)
    })

    test('a commit without an answer is recognised in a page that an arrival made since [C18, C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      // The commit is applied, its answer is lost, and before it is sent again the tail is rolled.
      bed.recorder.interrupt = async (writes) => {
        for (const write of writes) await bed.store.write(write)
        await floodOf(bed, id, 12)
      }
      const next = await bed.registry.commit(ownership, [step(1)], NOW)
      expect(next.row).toMatchObject({ commit: 1, seq: 13 })
      expect(next.row.page).toBeDefined()
      expect((await bed.registry.commit(next, [step(2)], NOW)).row).toMatchObject({ commit: 2, seq: 14 })
    })

    test('a park without entries of its own rolls what others have appended [C64]', async () => {
      for (const wait of [
        parkedFor('signal "approve"'),
        STUCK,
        { wait: { for: 'worker' } as const, wakeupScheduled: false },
      ]) {
        const bed = open()
        const { ownership, id } = await started(bed)
        await floodOf(bed, id, 4)
        expect(await tailBytes(bed, id)).toBeGreaterThan(1_024)
        await bed.registry.park(await bed.registry.refresh(ownership), [], wait, NOW)
        expect(await bed.other.get(id)).toMatchObject({ tail: [], seq: 4, page: { first: 1, last: 4 } })
      }
    })

    test('resumes and sticks in turn leave the row as small as it was [C41, C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], STUCK, NOW)
      for (let n = 0; n < 40; n += 1) {
        await bed.registry.resume(id, 'a'.repeat(1_500), NOW + n)
        const next = claimedOf(await bed.registry.claim(id, aRequest(`o-${n}`), NOW + n)).ownership
        await bed.registry.park(next, [], STUCK, NOW + n)
        expect(await tailBytes(bed, id)).toBeLessThan(TAIL_ROLLED_BYTES)
      }
      expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual(upTo(40))
    })

    test('an owner commits though others append before each of its tries [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      let n = 0
      const between = async (): Promise<void> => {
        bed.recorder.interrupt = between
        await bed.other.signal(id, noise(n++), NOW)
      }
      bed.recorder.interrupt = between
      const next = await bed.registry.commit(ownership, [step(1, 'x'.repeat(1_500))], NOW)
      expect(next.row.commit).toBe(1)
      expect(n).toBeLessThanOrEqual(2 * TAIL_ROLL_TRIES + 1)
    })

    test('an arrival is appended though others append before each of its tries [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], parkedFor('signal "approve"'), NOW)
      await floodOf(bed, id, 12)
      let n = 100
      const between = async (): Promise<void> => {
        bed.recorder.interrupt = between
        await bed.other.signal(id, { ...noise(n++), payload: 'x'.repeat(500) }, NOW)
      }
      bed.recorder.interrupt = between
      const arrival = await bed.registry.signal(id, { name: 'approve', key: 'k', payload: 1 }, NOW)
      expect(arrival).toMatchObject({ fresh: true, wakes: true })
    })

    test('an arrival takes the place of no page that an owner planned and did not commit [C64]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await floodOf(bed, id, 7)
      const seen = await bed.registry.refresh(ownership)
      // The page is put with the owner's own entry as number 8, and the owner dies before its commit.
      let writes = 0
      bed.recorder.interrupt = async () => {
        bed.recorder.interrupt = () => Promise.reject(new Error(`died at ${(writes += 1)}`))
      }
      await expect(bed.registry.commit(seen, [step(1)], NOW)).rejects.toThrow('died')
      const sortKeys = (await everything(bed.store, id)).map(({ sk }) => sk)
      expect(sortKeys).toContainEqual(expect.stringMatching(/^LOG#/))
      await floodOf(bed, id, 40)
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 2 * TTL))
      const signals = next.log.filter(({ type }) => type === 'signal')
      expect(signals.map((entry) => entry.type === 'signal' && entry.key)).toEqual(
        Array.from({ length: 40 }, (_, n) => `noise-${n}`),
      )
      expect(seqs(next.log)).toEqual(upTo(next.log.length))
    })

    test('a pending process accepts any number of arrivals, and its first owner reads them all [C64]', async () => {
      const bed = open()
      const registration = aRegistration({ startAt: NOW + 5_000 })
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
      await floodOf(bed, registration.id, 60)
      const { log } = claimedOf(await bed.other.claim(registration.id, aRequest('b'), NOW + 5_000))
      expect(seqs(log)).toEqual(upTo(60))
    })
  })
}
