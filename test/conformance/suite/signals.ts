import { describe, expect, test } from 'vitest'
import {
  KeyConflict,
  PayloadTooLarge,
  ProcessEnded,
  SignalRefused,
  UnknownProcess,
} from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { BACKLOG_MAX_BYTES, PAYLOAD_MAX_BYTES, SIGNAL_NAME_MAX } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { everything } from '../../helpers/recorder.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
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

const ON_SIGNAL = { wait: { for: 'effects', on: ['signal "go"'] }, wakeupScheduled: false } as const
const STUCK = {
  wait: { for: 'resume', error: { class: 'NonDeterminism', code: 'non_determinism', message: 'm' } },
  wakeupScheduled: false,
} as const

/** A process in each open status, and how the table tells that it is to be looked at after a signal at NOW + 7. */
const PLACES = {
  pending: {
    async make(bed: Bed) {
      const registration = aRegistration({ startAt: NOW + 60_000 })
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
      return registration.id
    },
    after: { status: 'pending', dueAt: NOW + 60_000 },
  },
  waiting: {
    async make(bed: Bed) {
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], ON_SIGNAL, NOW)
      return id
    },
    after: { status: 'waiting', dueAt: NOW + 7, wakeupScheduled: true },
  },
  running: {
    async make(bed: Bed) {
      return (await started(bed)).id
    },
    after: { status: 'running', dueAt: NOW + TTL },
  },
  stuck: {
    async make(bed: Bed) {
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], STUCK, NOW)
      return id
    },
    after: { status: 'stuck' },
  },
} as const

const GO = { name: 'go', key: 'k-1', payload: { amount: 12 } }

export function signalsSuite(subject: Subject): void {
  describe('signals', () => {
    const open = bedOf(subject)

    for (const [status, place] of Object.entries(PLACES)) {
      test(`a signal to a process that is ${status} is one entry, and is found by its next owner [C38]`, async () => {
        const bed = open()
        const id = await place.make(bed)
        const arrival = await bed.other.signal(id, GO, NOW + 7)
        expect(arrival).toEqual({ id, status, wakes: status === 'waiting', fresh: true })
        const record = await bed.other.get(id)
        expect(record).toMatchObject({ ...place.after, seq: 1 })
        expect(record?.tail).toEqual([
          { type: 'signal', at: NOW + 7, name: 'go', key: 'k-1', payload: { value: GO.payload } },
        ])
      })

      test(`the same signal again writes nothing when the process is ${status} [C26]`, async () => {
        const bed = open()
        const id = await place.make(bed)
        await bed.registry.signal(id, GO, NOW + 7)
        const again = { ...GO, payload: { amount: 12 } }
        await changesNothing(bed, id, async () => {
          const arrival = await bed.other.signal(id, again, NOW + 7)
          expect(arrival).toEqual({ id, status, wakes: status === 'waiting', fresh: false })
        })
      })

      test(`another signal under the same key is rejected when the process is ${status} [C26]`, async () => {
        const bed = open()
        const id = await place.make(bed)
        await bed.registry.signal(id, GO, NOW + 7)
        await changesNothing(bed, id, async () => {
          const other = bed.other.signal(id, { ...GO, payload: { amount: 13 } }, NOW + 8)
          await expect(other).rejects.toThrow(KeyConflict)
          await expect(bed.other.signal(id, { ...GO, name: 'stop' }, NOW + 8)).rejects.toThrow(KeyConflict)
        })
      })
    }

    test('a signal to a parked process is one request', async () => {
      const bed = open()
      const id = await PLACES.waiting.make(bed)
      bed.recorder.ops()
      await bed.registry.signal(id, GO, NOW)
      expect(bed.recorder.ops()).toEqual(['transact'])
    })

    test('a running owner gets a notice, and told how far to look [C31]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      bed.recorder.interrupt = () => bed.other.commit(ownership, [step(0)], NOW)
      await bed.registry.signal(id, GO, NOW)
      const { notice } = await bed.registry.renew(ownership.lease, TTL, NOW + 1)
      expect(notice).toBe(2)
      await bed.registry.signal(id, { ...GO, key: 'k-2' }, NOW)
      expect(await bed.registry.renew(ownership.lease, TTL, NOW + 2)).toMatchObject({ notice: 3 })
    })

    test('a repetition leaves the notice again, since the first sender may have died before it [C38]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      // The sender dies between the append and the notice.
      bed.recorder.get = () => Promise.reject(new Error('died'))
      await expect(bed.registry.signal(id, GO, NOW)).rejects.toThrow('died')
      expect(await bed.other.renew(ownership.lease, TTL, NOW + 1)).toMatchObject({ notice: 0 })
      expect(await bed.other.signal(id, GO, NOW + 2)).toMatchObject({ fresh: false, status: 'running' })
      expect(await bed.other.renew(ownership.lease, TTL, NOW + 3)).toMatchObject({ notice: 1 })
    })

    test('a signal whose reply was lost counts once [C18, C38]', async () => {
      for (const place of Object.values(PLACES)) {
        const bed = open()
        const id = await place.make(bed)
        bed.recorder.twice = true
        await bed.registry.signal(id, GO, NOW)
        expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual([1])
      }
    })

    test('a signal meets a process that is claimed, parked and ended under its hands [C38]', async () => {
      const bed = open()
      const id = await PLACES.waiting.make(bed)
      await bed.other.signal(id, { ...GO, key: 'k-0' }, NOW)
      bed.recorder.interrupt = () => bed.other.claim(id, aRequest('b'), NOW)
      expect(await bed.registry.signal(id, GO, NOW)).toMatchObject({ status: 'running', fresh: true })
      const row = await bed.other.get(id)
      expect(row).toMatchObject({ status: 'running', seq: 2 })
      const held = claimedOf(await bed.other.claim(id, aRequest('b'), NOW))
      bed.recorder.interrupt = () => bed.other.complete(held.ownership, [], DONE, NOW)
      await expect(bed.registry.signal(id, { ...GO, key: 'k-2' }, NOW)).rejects.toThrow(ProcessEnded)
    })

    test('each of many concurrent signals is in the log once, whatever its process does [C38]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const sent = Array.from({ length: 24 }, (_, n) => ({ name: 'go', key: `k-${n % 12}`, payload: n % 12 }))
      const owner = async () => {
        let held = ownership
        for (let n = 0; n < 6; n += 1) {
          held = await bed.registry.commit(held, [step(n, 'x'.repeat(300))], NOW)
          const reply = await bed.registry.park(held, [], { ...ON_SIGNAL, dueAt: NOW }, NOW)
          held = reply.parked
            ? claimedOf(await bed.registry.claim(id, aRequest(`o-${n}`), NOW)).ownership
            : reply.ownership
        }
      }
      const arrivals = sent.map((signal) => bed.other.signal(id, signal, NOW))
      await Promise.all([owner(), ...arrivals])
      const fresh = (await Promise.all(arrivals)).filter((arrival) => arrival.fresh)
      expect(fresh).toHaveLength(12)
      const log = await bed.other.eventsAfter(id, 0)
      expect(seqs(log)).toEqual(upTo(18))
      const keys = log.flatMap((entry) => (entry.type === 'signal' ? [entry.key] : []))
      expect(keys.toSorted()).toEqual([...new Set(sent.map(({ key }) => key))].toSorted())
    })

    test('an unknown or ended process takes no signal, and nothing is left behind [C38]', async () => {
      const bed = open()
      const { id } = aRegistration()
      for (const payload of [1, 'x'.repeat(5_000)]) {
        await expect(bed.registry.signal(id, { ...GO, payload }, NOW)).rejects.toThrow(UnknownProcess)
        expect(await everything(bed.store, id)).toEqual([])
      }
      const { ownership, id: ended } = await started(bed)
      await bed.registry.signal(ended, GO, NOW)
      await bed.registry.complete(await bed.registry.refresh(ownership), [], DONE, NOW)
      await changesNothing(bed, ended, async () => {
        for (const payload of [1, 'x'.repeat(5_000)]) {
          const late = bed.registry.signal(ended, { name: 'go', key: 'k-9', payload }, NOW)
          await expect(late).rejects.toThrow(ProcessEnded)
        }
        expect(await bed.registry.signal(ended, GO, NOW)).toEqual({
          id: ended,
          status: 'ended',
          wakes: false,
          fresh: false,
        })
      })
    })

    test('an external process takes no signal', async () => {
      const bed = open()
      const registration = aRegistration({ recovery: 'external' })
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
      await changesNothing(bed, registration.id, () =>
        expect(bed.registry.signal(registration.id, GO, NOW)).rejects.toThrow(SignalRefused),
      )
    })

    test('a name or key of a bad length is rejected before anything is sent', async () => {
      const bed = open()
      const { id } = await started(bed)
      for (const more of [
        { name: '' },
        { key: '' },
        { name: 'x'.repeat(SIGNAL_NAME_MAX + 1) },
        { key: 'x'.repeat(257) },
      ]) {
        await expect(bed.registry.signal(id, { ...GO, ...more }, NOW)).rejects.toThrow(SignalRefused)
      }
      expect(bed.recorder.calls).toEqual([])
      const longest = {
        name: '\u0000'.repeat(SIGNAL_NAME_MAX),
        key: '😀'.repeat(SIGNAL_NAME_MAX / 2),
        payload: '\ud800',
      }
      expect(await bed.registry.signal(id, longest, NOW)).toMatchObject({ fresh: true })
      expect(await bed.registry.signal(id, longest, NOW)).toMatchObject({ fresh: false })
      expect((await bed.registry.eventsAfter(id, 0))[0]).toMatchObject({
        name: longest.name,
        key: longest.key,
      })
    })

    test('a big payload is kept in an item of its own, and one over the maximum is rejected [C44]', async () => {
      const bed = open()
      const id = await PLACES.waiting.make(bed)
      const payload = { text: 'é'.repeat(2_000) }
      await bed.registry.signal(id, { ...GO, payload }, NOW)
      const [entry] = await bed.other.eventsAfter(id, 0)
      if (entry?.type !== 'signal') throw new Error('expected a signal')
      expect(entry.payload).toHaveProperty('ref')
      expect(await bed.other.load(id, entry.payload)).toEqual(payload)
      await changesNothing(bed, id, () =>
        expect(
          bed.registry.signal(id, { ...GO, key: 'k-2', payload: 'x'.repeat(PAYLOAD_MAX_BYTES) }, NOW),
        ).rejects.toThrow(PayloadTooLarge),
      )
    })

    test('a backlog without a wait is bounded, stays claimable, and shrinks once it is taken', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const many: Entry[] = Array.from({ length: 600 }, (_, n) => step(n, 'x'.repeat(450)))
      await bed.store.write({
        do: 'update',
        key: { pk: `P#${id}`, sk: 'PROCESS' },
        change: { set: { y: BACKLOG_MAX_BYTES + 1 } },
      })
      const full = bed.registry.signal(id, GO, NOW)
      await expect(full).rejects.toMatchObject({
        code: 'signal_refused',
        message: expect.stringMatching(/too many signals wait/),
      })
      await expect(bed.registry.childEnded(id, { id, status: 'completed' }, NOW)).rejects.toThrow(
        SignalRefused,
      )
      expect(await bed.registry.signal(id, GO, NOW).catch((error: Error) => error)).toBeInstanceOf(
        SignalRefused,
      )
      // A roll takes the tail out of the item, and with it the count.
      await bed.registry.commit(await bed.registry.refresh(ownership), many, NOW)
      expect(await bed.registry.signal(id, GO, NOW)).toMatchObject({ fresh: true })
    })

    test('every sender counts the bytes of the tail, which restart with a page', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const bytes = async () =>
        (await everything(bed.store, id)).find(({ sk }) => sk === 'PROCESS')?.['y'] ?? 0
      const tailBytes = async () => {
        const tail = (await everything(bed.store, id)).find(({ sk }) => sk === 'PROCESS')?.['t']
        return (tail as string[]).reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
      }
      let held = ownership
      for (let n = 0; n < 30; n += 1) {
        held = await bed.registry.commit(held, [step(n)], NOW)
        if (n % 7 === 0) await bed.other.signal(id, { ...GO, key: `é-${n}` }, NOW)
        held = await bed.registry.refresh(held)
        expect(await bytes()).toBe(await tailBytes())
      }
      expect(held.row.page).toBeDefined()
    })

    describe('resuming', () => {
      test('makes a stuck process due at once, with one entry that names who did [C41]', async () => {
        const bed = open()
        const id = await PLACES.stuck.make(bed)
        bed.recorder.ops()
        const record = await bed.registry.resume(id, 'ana', NOW + 3)
        expect(bed.recorder.ops()).toEqual(['write'])
        expect(record).toMatchObject({
          status: 'waiting',
          wait: { for: 'worker' },
          dueAt: NOW + 3,
          stalls: 0,
        })
        const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 3))
        expect(next.log).toEqual([{ type: 'resume', at: NOW + 3, by: 'ana', seq: 1 }])
      })

      test('is rejected when the process is not stuck, has ended, or is unknown [C41]', async () => {
        const bed = open()
        for (const place of ['pending', 'waiting', 'running'] as const) {
          const id: ProcessId = await PLACES[place].make(bed)
          await changesNothing(bed, id, () =>
            expect(bed.registry.resume(id, undefined, NOW)).rejects.toThrow(SignalRefused),
          )
        }
        await expect(bed.registry.resume(aRegistration().id, undefined, NOW)).rejects.toThrow(UnknownProcess)
        const { ownership, id } = await started(bed)
        await bed.registry.complete(ownership, [], DONE, NOW)
        await expect(bed.registry.resume(id, undefined, NOW)).rejects.toThrow(ProcessEnded)
      })
    })
  })
}
