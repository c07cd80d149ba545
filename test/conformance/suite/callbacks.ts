import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  KeyConflict,
  PayloadTooLarge,
  ProcessEnded,
  SignalRefused,
  UnknownProcess,
} from '../../../lib/model/errors.ts'
import type { ParkRequest } from '../../../lib/model/ownership.ts'
import { ERROR_MESSAGE_MAX_BYTES, PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import type { CallbackReply } from '../../../lib/registry/port.ts'
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
  TTL,
  type Bed,
  type Subject,
} from './bed.ts'

const POSITION = 3
const TOKEN = 'a-token-no-one-can-guess'
const ANSWER: CallbackReply = {
  position: POSITION,
  token: TOKEN,
  outcome: { ok: true, value: { approved: true } },
}
const FAILED: CallbackReply = {
  ...ANSWER,
  outcome: { ok: false, error: { class: 'Declined', code: 'declined', message: 'no' } },
}
const ON_REPLY: ParkRequest = {
  wait: { for: 'effects', on: ['reply "pay"'], anyOf: ['reply'] },
  wakeupScheduled: false,
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

export function callbacksSuite(subject: Subject): void {
  describe('callbacks', () => {
    const open = bedOf(subject)

    /** A process that has made a callback known. */
    async function aCallback(bed: Bed, parked = true) {
      const { ownership, id } = await started(bed)
      await bed.registry.openCallback(ownership, { position: POSITION, tokenHash: hash(TOKEN) }, NOW)
      if (parked) await bed.registry.park(ownership, [], ON_REPLY, NOW)
      bed.recorder.calls.length = 0
      return { ownership, id }
    }

    for (const [how, reply] of Object.entries({ completed: ANSWER, failed: FAILED })) {
      test(`a callback that is ${how} is one entry, wakes its process, and counts once [C26]`, async () => {
        const bed = open()
        const { id } = await aCallback(bed)
        const arrival = await bed.registry.reply(id, reply, NOW + 5)
        expect(arrival).toEqual({ id, status: 'waiting', wakes: true, fresh: true })
        expect(bed.recorder.ops()).toEqual(['transact'])
        expect(await bed.other.get(id)).toMatchObject({ status: 'waiting', dueAt: NOW + 5, seq: 1 })
        await changesNothing(bed, id, async () => {
          expect(await bed.other.reply(id, reply, NOW + 6)).toMatchObject({ fresh: false })
          const other = { ...ANSWER, outcome: { ok: true, value: 'something else' } } as const
          await expect(bed.other.reply(id, other, NOW + 6)).rejects.toThrow(KeyConflict)
        })
        const { log } = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 5))
        const outcome = reply.outcome.ok ? { ok: true, value: { value: reply.outcome.value } } : reply.outcome
        expect(log).toEqual([{ type: 'reply', at: NOW + 5, position: POSITION, outcome, seq: 1 }])
      })
    }

    test('another token, another position and another process are rejected, and change nothing [C26]', async () => {
      const bed = open()
      const { id } = await aCallback(bed)
      const big = { ok: true, value: 'x'.repeat(5_000) } as const
      await changesNothing(bed, id, async () => {
        for (const more of [
          { token: 'guessed' },
          { token: '' },
          { position: 4 },
          { position: -1 },
          { position: Number.NaN },
          { token: 'guessed', outcome: big },
          { position: 4, outcome: big },
        ]) {
          await expect(bed.registry.reply(id, { ...ANSWER, ...more }, NOW)).rejects.toThrow(SignalRefused)
        }
      })
      const stranger = await started(bed)
      await changesNothing(bed, stranger.id, () =>
        expect(bed.registry.reply(stranger.id, ANSWER, NOW)).rejects.toThrow(SignalRefused),
      )
      await expect(bed.registry.reply(aRegistration().id, ANSWER, NOW)).rejects.toThrow(UnknownProcess)
    })

    test('after the end the same answer succeeds, another token and a late answer are refused [C26]', async () => {
      const bed = open()
      const { ownership, id } = await aCallback(bed, false)
      await bed.registry.openCallback(ownership, { position: 4, tokenHash: hash('other') }, NOW)
      await bed.registry.reply(id, ANSWER, NOW)
      await bed.registry.complete(await bed.registry.refresh(ownership), [], DONE, NOW)
      await changesNothing(bed, id, async () => {
        expect(await bed.registry.reply(id, ANSWER, NOW)).toEqual({
          id,
          status: 'ended',
          wakes: false,
          fresh: false,
        })
        const late = { ...ANSWER, position: 4, token: 'other' }
        await expect(bed.registry.reply(id, late, NOW)).rejects.toThrow(ProcessEnded)
        await expect(bed.registry.reply(id, { ...late, token: 'x' }, NOW)).rejects.toThrow(SignalRefused)
      })
    })

    test('an answer to a running process whose reply was lost is one entry and one notice [C18]', async () => {
      const bed = open()
      const { ownership, id } = await aCallback(bed, false)
      bed.recorder.twice = true
      await bed.registry.reply(id, ANSWER, NOW)
      expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual([1])
      expect(await bed.other.renew(ownership.lease, TTL, NOW + 1)).toMatchObject({ notice: 1 })
    })

    test('of two answers at once exactly one counts [C26]', async () => {
      const bed = open()
      const { id } = await aCallback(bed)
      const answers = Array.from({ length: 6 }, (_, n) =>
        bed.other.reply(id, { ...ANSWER, outcome: { ok: true, value: n } }, NOW),
      )
      const settled = await Promise.allSettled(answers)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const each of settled) {
        if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(KeyConflict)
      }
      expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual([1])
    })

    test('registering a callback again is idempotent, and only a later owner replaces its token', async () => {
      const bed = open()
      const { ownership, id } = await aCallback(bed, false)
      const known = { position: POSITION, tokenHash: hash(TOKEN) }
      await changesNothing(bed, id, () => bed.registry.openCallback(ownership, known, NOW + 9))
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + TTL))
      await bed.other.openCallback(next.ownership, { ...known, tokenHash: hash('new') }, NOW + TTL)
      await changesNothing(bed, id, () => bed.registry.openCallback(ownership, known, NOW + TTL))
      await expect(bed.registry.reply(id, ANSWER, NOW + TTL)).rejects.toThrow(SignalRefused)
      expect(await bed.registry.reply(id, { ...ANSWER, token: 'new' }, NOW + TTL)).toMatchObject({
        fresh: true,
      })
    })

    test('a callback that an earlier process of the id left behind is replaced, answered or not', async () => {
      for (const answered of [false, true]) {
        for (const leftFence of [1, 7]) {
          const bed = open()
          const { ownership, id } = await started(bed)
          const lease = { ...ownership.lease, fence: leftFence }
          const left = { position: POSITION, tokenHash: hash('old') }
          await bed.other.openCallback({ ...ownership, lease }, left, NOW - 9)
          if (answered) await bed.other.reply(id, { ...ANSWER, token: 'old' }, NOW - 8)
          const held = await bed.registry.refresh(ownership)
          await bed.registry.openCallback(held, { position: POSITION, tokenHash: hash(TOKEN) }, NOW)
          expect(await bed.registry.reply(id, ANSWER, NOW + 1)).toMatchObject({ fresh: true })
          await expect(bed.registry.reply(id, { ...ANSWER, token: 'old' }, NOW)).rejects.toThrow(
            SignalRefused,
          )
        }
      }
    })

    test('making it known again after its answer keeps the answer and the last heartbeat', async () => {
      const bed = open()
      const { ownership, id } = await aCallback(bed, false)
      await bed.registry.heartbeat(id, ANSWER, NOW + 1)
      await bed.registry.reply(id, ANSWER, NOW + 2)
      const known = { position: POSITION, tokenHash: hash(TOKEN) }
      await changesNothing(bed, id, () => bed.registry.openCallback(ownership, known, NOW + 3))
      expect(await bed.registry.reply(id, ANSWER, NOW + 4)).toMatchObject({ fresh: false })
    })

    test('a heartbeat is one update and none of the process, until the callback is answered', async () => {
      const bed = open()
      const { id } = await aCallback(bed)
      const before = await bed.other.get(id)
      expect(await bed.registry.lastHeartbeat(id, POSITION)).toBeUndefined()
      bed.recorder.ops()
      await bed.registry.heartbeat(id, ANSWER, NOW + 40)
      expect(bed.recorder.ops()).toEqual(['write'])
      expect(await bed.registry.lastHeartbeat(id, POSITION)).toBe(NOW + 40)
      expect(bed.recorder.ops()).toEqual(['get'])
      expect(await bed.other.get(id)).toEqual(before)
      await changesNothing(bed, id, async () => {
        for (const more of [{ token: 'guessed' }, { position: 9 }]) {
          const beat = bed.registry.heartbeat(id, { ...ANSWER, ...more }, NOW + 50)
          await expect(beat).rejects.toThrow(/no callback there has this token/)
        }
      })
      await bed.registry.reply(id, ANSWER, NOW + 60)
      await expect(bed.registry.heartbeat(id, ANSWER, NOW + 70)).rejects.toThrow(/it is answered already/)
      expect(await bed.registry.lastHeartbeat(id, POSITION)).toBe(NOW + 40)
      expect(await bed.registry.lastHeartbeat(id, 99)).toBeUndefined()
    })

    test('a big value is kept apart, one over the maximum is rejected, and an error is cut [C44]', async () => {
      const bed = open()
      const { ownership, id } = await aCallback(bed, false)
      await changesNothing(bed, id, () =>
        expect(
          bed.registry.reply(
            id,
            { ...ANSWER, outcome: { ok: true, value: 'x'.repeat(PAYLOAD_MAX_BYTES) } },
            NOW,
          ),
        ).rejects.toThrow(PayloadTooLarge),
      )
      await bed.registry.reply(id, { ...ANSWER, outcome: { ok: true, value: 'x'.repeat(9_000) } }, NOW)
      const [entry] = await bed.other.eventsAfter(id, 0)
      if (entry?.type !== 'reply' || !entry.outcome.ok || entry.outcome.value === undefined)
        throw new Error('expected an answer')
      expect(await bed.other.load(id, entry.outcome.value)).toBe('x'.repeat(9_000))

      const second = { position: 4, tokenHash: hash(TOKEN) }
      await bed.registry.openCallback(ownership, second, NOW)
      const error = { class: 'C'.repeat(900), code: 'd'.repeat(900), message: 'é'.repeat(9_000) }
      const long = { ...ANSWER, position: 4, outcome: { ok: false, error } } as const
      await bed.registry.reply(id, long, NOW)
      expect(await bed.registry.reply(id, long, NOW)).toMatchObject({ fresh: false })
      const { tail } = (await bed.other.get(id))!
      expect(JSON.stringify(tail.at(-1)).length).toBeLessThan(ERROR_MESSAGE_MAX_BYTES + 600)
    })
  })
}
