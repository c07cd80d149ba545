import { describe, expect, test } from 'vitest'
import { CompletionConflict, LeaseLost } from '../../../lib/model/errors.ts'
import type { Ownership } from '../../../lib/model/ownership.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { JOURNALS, OWNER_WRITES } from '../hostile-writes.ts'
import {
  aRequest,
  bedOf,
  BROKEN,
  changesNothing,
  claimedOf,
  NOW,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Bed,
  type Subject,
} from './bed.ts'

type Case = {
  readonly bed: Bed
  readonly id: ProcessId
  /** As owner `a` holds it, after one commit. */
  readonly ownership: Ownership
}

export function fencingSuite(subject: Subject): void {
  describe('fencing', () => {
    const open = bedOf(subject)

    async function aCase(): Promise<Case> {
      const bed = open()
      const { ownership, id } = await started(bed)
      return { bed, id, ownership: await bed.registry.commit(ownership, [step(0)], NOW) }
    }

    for (const [name, write] of Object.entries(OWNER_WRITES)) {
      const journals = write.takesEntries ? Object.entries(JOURNALS) : [['without entries', []] as const]
      for (const [journal, entries] of journals) {
        const send = ({ bed, ownership }: Case, now = NOW + 1_000) =>
          write.send(bed.registry, ownership, entries, now)
        const appended = 1 + entries.length + write.marks

        /** The write is refused, and the process is as it was, whatever pages a rolled one left beside it. */
        const isRefused = async (given: Case, now?: number) => {
          const before = await given.bed.other.get(given.id)
          const log = await given.bed.other.eventsAfter(given.id, 0)
          if (write.refusedWith === undefined) expect(await send(given, now)).toBeUndefined()
          else await expect(send(given, now)).rejects.toMatchObject({ code: write.refusedWith })
          expect(await given.bed.other.get(given.id)).toEqual(before)
          expect(await given.bed.other.eventsAfter(given.id, 0)).toEqual(log)
        }

        describe(`${name} ${journal}`, () => {
          test('is refused after a take-over, though its own clock says the lease lives [C17]', async () => {
            const given = await aCase()
            await given.bed.other.claim(given.id, aRequest('b'), NOW + TTL)
            await isRefused(given, NOW + 1)
          })

          test('is refused when the take-over comes just before it [C17]', async () => {
            const given = await aCase()
            given.bed.recorder.interrupt = () => given.bed.other.claim(given.id, aRequest('b'), NOW + TTL)
            if (write.refusedWith === undefined) await send(given)
            else await expect(send(given)).rejects.toThrow(LeaseLost)
            expect(await given.bed.other.get(given.id)).toMatchObject({
              fence: 2,
              status: 'running',
              seq: 2,
              commit: 1,
            })
          })

          test('is refused after the new owner has written, parked and ended [C17]', async () => {
            const given = await aCase()
            const { ownership } = claimedOf(await given.bed.other.claim(given.id, aRequest('b'), NOW + TTL))
            const committed = await given.bed.other.commit(ownership, [step(1)], NOW + TTL)
            await isRefused(given)
            const wait = { wait: { for: 'worker' }, dueAt: NOW + TTL, wakeupScheduled: false } as const
            await given.bed.other.park(committed, [], wait, NOW + TTL)
            await isRefused(given)
            const last = claimedOf(await given.bed.other.claim(given.id, aRequest('c'), NOW + TTL))
            await given.bed.other.complete(last.ownership, [], BROKEN, NOW + TTL)
            if (name === 'complete') {
              await changesNothing(given.bed, given.id, () =>
                expect(send(given)).rejects.toThrow(CompletionConflict),
              )
            } else if (name !== 'renew') await isRefused(given)
          })

          test('is refused when the process was ended in its stead [C17]', async () => {
            const given = await aCase()
            await given.bed.other.requestAbandon(given.id, { reason: 'lost' }, NOW + TTL)
            expect(await given.bed.other.claim(given.id, aRequest('b'), NOW + TTL)).toMatchObject({
              outcome: 'ended',
            })
            if (name === 'complete') await expect(send(given)).rejects.toThrow(CompletionConflict)
            else await isRefused(given, NOW + 1)
          })

          test('is applied once where its reply was lost and it is sent again [C18]', async () => {
            const given = await aCase()
            given.bed.recorder.twice = true
            const answer = await send(given)
            const record = await given.bed.other.get(given.id)
            expect(record).toMatchObject({ seq: appended, commit: 1 + write.commits, fence: 1 })
            expect(seqs(await given.bed.other.eventsAfter(given.id, 0))).toEqual(upTo(appended))
            // The same ownership again, as a caller that saw no answer would: the same answer, and nothing more.
            given.bed.recorder.twice = false
            expect(await changesNothing(given.bed, given.id, () => send(given))).toEqual(answer)
          })

          test('goes through together with a request from outside, and numbers stay gapless [C24]', async () => {
            const given = await aCase()
            given.bed.recorder.interrupt = () =>
              given.bed.other.requestCancel(given.id, { reason: 'enough' }, NOW + 500)
            const answer = await send(given)
            const record = await given.bed.other.get(given.id)
            if (write.yieldsToCancel === true) {
              expect(answer).toMatchObject({ started: false, because: 'cancelled' })
              return expect(record).toMatchObject({ seq: 2, commit: 1, cancel: { reason: 'enough' } })
            }
            expect(record).toMatchObject({ seq: appended + 1, cancel: { reason: 'enough' } })
            const log = await given.bed.other.eventsAfter(given.id, 0)
            expect(seqs(log)).toEqual(upTo(appended + 1))
            expect(log.filter(({ type }) => type === 'cancel')).toHaveLength(1)
            expect(log.filter(({ type }) => type === 'effect')).toHaveLength(1 + entries.length)
          })
        })
      }
    }

    for (const name of ['commit', 'park', 'complete', 'startChild'] as const) {
      test(`${name} is refused when another write of the same ownership went before it [C18]`, async () => {
        const given = await aCase()
        await given.bed.registry.commit(given.ownership, [step(7)], NOW)
        await changesNothing(given.bed, given.id, async () => {
          const again = OWNER_WRITES[name].send(given.bed.registry, given.ownership, [step(8)], NOW)
          await expect(again).rejects.toThrow(/it is running under fence 1, at commit 2/)
        })
      })
    }

    test('a park with the same entries as an earlier commit does not count as done [C18]', async () => {
      const given = await aCase()
      await given.bed.registry.commit(given.ownership, [step(1)], NOW)
      await changesNothing(given.bed, given.id, async () => {
        const park = OWNER_WRITES.park.send(given.bed.registry, given.ownership, [step(1)], NOW)
        await expect(park).rejects.toThrow(LeaseLost)
      })
    })

    test('a page that a fenced-off owner left behind is in no log [C17]', async () => {
      const given = await aCase()
      const rolled = JOURNALS['rolled into a page']!
      let calls = 0
      given.bed.recorder.interrupt = async () => {
        calls += 1
        // The page is put; the take-over comes before the commit that would point at it.
        given.bed.recorder.interrupt = () => given.bed.other.claim(given.id, aRequest('b'), NOW + TTL)
      }
      await expect(given.bed.registry.commit(given.ownership, rolled, NOW)).rejects.toThrow(LeaseLost)
      expect(calls).toBe(1)
      const next = claimedOf(await given.bed.other.claim(given.id, aRequest('b'), NOW + TTL))
      await given.bed.other.commit(next.ownership, rolled, NOW + TTL)
      const log = await given.bed.other.eventsAfter(given.id, 0)
      expect(log.map(({ type }) => type)).toEqual(['effect', 'takeover', 'effect', 'effect', 'effect'])
      expect(seqs(log)).toEqual(upTo(5))
    })

    test('refreshing shows what others appended, and is refused once the fence has moved', async () => {
      const given = await aCase()
      await given.bed.other.requestCancel(given.id, { reason: 'enough' }, NOW)
      const { row, lease } = await given.bed.registry.refresh(given.ownership)
      expect(row).toMatchObject({ cancel: { reason: 'enough' }, seq: 2 })
      expect(lease).toEqual(given.ownership.lease)
      await given.bed.other.claim(given.id, aRequest('b'), NOW + TTL)
      await expect(given.bed.registry.refresh(given.ownership)).rejects.toThrow(LeaseLost)
    })

    for (const name of ['commit', 'park', 'complete'] as const) {
      test(`${name} of a process that was removed meanwhile is refused [C17]`, async () => {
        const given = await aCase()
        given.bed.recorder.write = () => Promise.resolve({ applied: false, found: undefined })
        const sent = OWNER_WRITES[name].send(given.bed.registry, given.ownership, [step(1)], NOW)
        await expect(sent).rejects.toThrow(/the process is gone/)
      })
    }

    test('an owner with an expired lease may write under its fence until a take-over [C13]', async () => {
      const given = await aCase()
      const late = await given.bed.registry.commit(given.ownership, [step(1)], NOW + 10 * TTL)
      expect(late.row.seq).toBe(2)
      await expect(given.bed.registry.renew(given.ownership.lease, TTL, NOW + 10 * TTL)).rejects.toThrow(
        LeaseLost,
      )
    })

    test('a take-over is refused when the old owner writes between the reading and the writing [C8]', async () => {
      const given = await aCase()
      given.bed.recorder.interrupt = async () => {
        given.bed.recorder.interrupt = () => given.bed.other.commit(given.ownership, [], NOW + TTL)
      }
      const reply = claimedOf(await given.bed.registry.claim(given.id, aRequest('b'), NOW + TTL))
      expect(reply.ownership.row).toEqual(await given.bed.other.get(given.id))
      const { row } = await given.bed.registry.commit(reply.ownership, [step(1)], NOW + TTL)
      expect(row).toMatchObject({ fence: 2, seq: 3, commit: 3 })
    })

    test('a claim, a take-over and an end whose replies were lost are applied once [C18]', async () => {
      const given = await aCase()
      given.bed.recorder.twice = true
      const takeover = claimedOf(await given.bed.registry.claim(given.id, aRequest('b'), NOW + TTL))
      expect(takeover.ownership.lease).toMatchObject({ fence: 2, token: 'token-b' })
      expect(seqs(takeover.log)).toEqual([1, 2])
      await given.bed.registry.release(takeover.ownership, NOW + TTL)
      const parked = claimedOf(await given.bed.registry.claim(given.id, aRequest('c'), NOW + TTL))
      expect(parked.ownership.lease).toMatchObject({ fence: 3, token: 'token-c' })
      await given.bed.registry.requestAbandon(given.id, { reason: 'lost' }, NOW + TTL)
      const reply = await given.bed.registry.claim(given.id, aRequest('d'), NOW + 3 * TTL)
      expect(reply).toMatchObject({ outcome: 'ended', record: { status: 'abandoned', fence: 4 } })
      expect(seqs(await given.bed.other.eventsAfter(given.id, 0))).toEqual(upTo(4))
    })

    test('a start whose reply was lost is the claim it made [C18]', async () => {
      const bed = open()
      bed.recorder.twice = true
      const { ownership, log } = await started(bed)
      expect(ownership.lease).toMatchObject({ fence: 1, token: 'token-a' })
      expect(log).toEqual([])
    })
  })
}
