import { describe, expect, test } from 'vitest'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { statusEventOf } from '../../../lib/status-events/event.ts'
import { readImage } from '../../../lib/registry/codec/projections.ts'
import { processKey } from '../../../lib/registry/codec/keys.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  bedOf,
  claimedOf,
  DONE,
  NOW,
  step,
  TTL,
  type Bed,
  type Subject,
} from './bed.ts'

export function outcomesSuite(subject: Subject): void {
  describe('outcomes', () => {
    const open = bedOf(subject)

    /** Watches the row of a process: what each act tells the bus, as the stream would show it. */
    function watch(bed: Bed, id: ProcessId) {
      const ids: string[] = []
      const revisions: number[] = []
      const image = async () => {
        const item = await bed.store.get(processKey(id))
        return item === undefined ? undefined : readImage(item)
      }
      return {
        ids,
        revisions,
        told: async <T>(type: string | undefined, act: () => Promise<T>): Promise<T> => {
          const before = await image()
          const answer = await act()
          const outcome = statusEventOf(before, await image(), NOW)
          expect(outcome?.type).toBe(type === undefined ? undefined : `Process ${type}`)
          if (outcome !== undefined) {
            ids.push(outcome.detail.eventId)
            revisions.push(outcome.detail.revision)
          }
          return answer
        },
      }
    }

    test('each change of status is one event with its own id and a higher revision [C54]', async () => {
      const bed = open()
      const { registry } = bed
      const registration = aRegistration()
      const { id } = registration
      const { told, ids, revisions } = watch(bed, id)
      await told('Registered', () => registry.register(registration, { now: NOW, wakeupScheduled: true }))
      const first = claimedOf(await told('Started', () => registry.claim(id, aRequest('a'), NOW)))
      await told(undefined, () => registry.renew(first.ownership.lease, TTL, NOW + 1))
      const held = await told(undefined, () => registry.commit(first.ownership, [step(0)], NOW))
      const child = aChildOf(id)
      const started = await told(undefined, () => registry.startChild(held, [step(1)], child, NOW))
      const wait = { wait: { for: 'effects', on: ['signal "go"'] }, wakeupScheduled: false } as const
      await told('Parked', () => registry.park(started.ownership, [], wait, NOW))
      await told(undefined, () => registry.signal(id, { name: 'go', key: 'k', payload: 1 }, NOW))
      await told(undefined, () => registry.requestCancel(id, { reason: 'enough' }, NOW))
      const second = claimedOf(await told('Resumed', () => registry.claim(id, aRequest('b'), NOW + 2)))
      const later = NOW + 10 * TTL
      const third = claimedOf(await told(undefined, () => registry.claim(id, aRequest('c'), later)))
      expect(third.ownership.lease.fence).toBe(second.ownership.lease.fence + 1)
      const error = { class: 'E', code: 'non_determinism', message: 'changed' }
      const stuck = { wait: { for: 'resume', error }, wakeupScheduled: false } as const
      await told('Stuck', () => registry.park(third.ownership, [], stuck, later))
      await told('Parked', () => registry.resume(id, undefined, later))
      const last = claimedOf(await told('Resumed', () => registry.claim(id, aRequest('d'), later)))
      const record = await told('Completed', () => registry.complete(last.ownership, [], DONE, later))
      await told(undefined, () => registry.complete(last.ownership, [], DONE, later))
      await told(undefined, () => registry.dependentsNotified(record))
      await told(undefined, () => registry.markRetried(id, aRegistration().id))
      expect(new Set(ids).size).toBe(ids.length)
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
      expect(new Set(revisions).size).toBe(revisions.length)
    })

    test('a start that is claimed at once publishes the status running [C54]', async () => {
      const bed = open()
      const registration = aRegistration()
      const { told } = watch(bed, registration.id)
      await told('Started', () => bed.registry.start(registration, aRequest('a'), NOW))
    })

    test('an external process is registered, and ends by a caller with its token [C54]', async () => {
      const bed = open()
      const registration = aRegistration({ recovery: 'external' })
      const { told } = watch(bed, registration.id)
      const options = { now: NOW, wakeupScheduled: false, completionToken: 'secret' }
      await told('Registered', () => bed.registry.register(registration, options))
      await told('Completed', () => bed.registry.completeExternal(registration.id, 'secret', DONE, NOW))
    })

    test('ends that no run writes are told too [C54]', async () => {
      const bed = open()
      const waiting = aRegistration({ recovery: 'external' })
      const cancelled = watch(bed, waiting.id)
      await bed.registry.register(waiting, { now: NOW, wakeupScheduled: false, completionToken: 'secret' })
      await cancelled.told(undefined, () => bed.registry.requestCancel(waiting.id, { reason: 'no' }, NOW))
      await cancelled.told('Cancelled', () => bed.registry.claim(waiting.id, aRequest('a'), NOW))

      const once = aRegistration({ recovery: 'abandon' })
      const abandoned = watch(bed, once.id)
      await bed.registry.start(once, aRequest('a', { hardAt: NOW + 1 }), NOW)
      await abandoned.told('Abandoned', () => bed.registry.claim(once.id, aRequest('b'), NOW + 3_600_000))
    })
  })
}
