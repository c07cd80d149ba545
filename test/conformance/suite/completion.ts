import { describe, expect, test } from 'vitest'
import {
  CompletionConflict,
  CompletionRefused,
  LeaseLost,
  PayloadTooLarge,
  ProcessEnded,
  UnknownProcess,
} from '../../../lib/model/errors.ts'
import { ERROR_MESSAGE_MAX_BYTES, PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import type { Evidence, Output } from '../../../lib/model/record.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  BROKEN,
  changesNothing,
  claimedOf,
  DONE,
  NOW,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Subject,
} from './bed.ts'

const EVIDENCE: Evidence = {
  lastOwner: 'host-a/run-a',
  lastFence: 1,
  writtenBy: 'host-b/run-b',
  because: 'attempts-exhausted',
  claims: 6,
}
/** Every way to end, with the status it ends in. */
const ENDS: Readonly<Record<string, Output>> = {
  completed: DONE,
  failed: { ...BROKEN, evidence: EVIDENCE } as Output,
  cancelled: { outcome: 'cancelled', reason: 'the customer left' },
  abandoned: {
    outcome: 'abandoned',
    evidence: { ...EVIDENCE, hardAt: NOW, lastSeenAt: NOW, leaseExpiredAt: NOW },
  },
}

export function completionSuite(subject: Subject): void {
  describe('completion', () => {
    const open = bedOf(subject)

    test('an ended process names its newest retry, and is otherwise unchanged [C76]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const [first, second] = [aRegistration().id, aRegistration().id]
      const running = await bed.registry.get(id)
      await bed.registry.markRetried(id, first)
      expect(await bed.registry.get(id)).toEqual(running)
      const ended = await bed.registry.complete(ownership, [], BROKEN, NOW)
      bed.recorder.ops()
      await bed.registry.markRetried(id, first)
      expect(bed.recorder.ops()).toEqual(['write'])
      expect(await bed.registry.get(id)).toEqual({ ...ended, retriedBy: first })
      await bed.registry.markRetried(id, second)
      await bed.registry.markRetried(id, second)
      expect(await bed.registry.get(id)).toEqual({ ...ended, retriedBy: second })
    })

    test('a mark on a process that does not exist makes none [C76]', async () => {
      const bed = open()
      const [missing, by] = [aRegistration().id, aRegistration().id]
      await bed.registry.markRetried(missing, by)
      expect(await bed.registry.get(missing)).toBeUndefined()
    })

    for (const [status, output] of Object.entries(ENDS)) {
      test(`ending as ${status} is one write that also leaves the due index [C19, C21]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        const record = await bed.registry.complete(ownership, [step(0)], output, NOW + 7)
        expect(bed.recorder.ops()).toEqual(['write'])
        expect(record).toMatchObject({ id, status, endedAt: NOW + 7, startedAt: NOW, seq: 2 })
        expect(await bed.registry.outputOf(record)).toEqual(output)
        expect(await bed.registry.get(id)).toEqual(record)
        const log = await bed.registry.eventsAfter(id, 0)
        expect(log.map(({ type }) => type)).toEqual(['effect', 'end'])
        const [item] = await bed.store.range({ pk: `P#${id}`, from: 'PROCESS', to: 'PROCESS' })
        for (const left of ['d', 'da', 'b', 'gr', 'w']) expect(item).not.toHaveProperty(left)
        expect(item).toMatchObject({ x: Math.ceil((NOW + 7 + (30 + 15) * 24 * 3_600_000) / 1_000) })
      })

      test(`a process that is ${status} is never open again [C15, C21]`, async () => {
        const bed = open()
        const { registration, ownership, id } = await started(bed)
        const record = await bed.registry.complete(ownership, [], output, NOW)
        await changesNothing(bed, id, async () => {
          for (const at of [NOW, NOW + TTL, NOW + 29 * 24 * 3_600_000]) {
            expect(await bed.registry.claim(id, aRequest('b'), at)).toEqual({ outcome: 'ended', record })
            expect(await bed.registry.start(registration, aRequest('b'), at)).toEqual({
              outcome: 'ended',
              record,
            })
          }
          await expect(bed.registry.requestCancel(id, { reason: 'late' }, NOW)).rejects.toThrow(ProcessEnded)
          await expect(bed.registry.requestAbandon(id, { reason: 'late' }, NOW)).rejects.toThrow(ProcessEnded)
          await expect(bed.registry.commit(ownership, [step(1)], NOW)).rejects.toThrow(LeaseLost)
          await expect(bed.registry.completeExternal(id, 'token', DONE, NOW)).rejects.toThrow(
            CompletionRefused,
          )
        })
      })

      test(`repeating the end ${status} answers the same record, and any other end is rejected [C20]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        const record = await bed.registry.complete(ownership, [step(0)], output, NOW)
        await changesNothing(bed, id, async () => {
          expect(await bed.registry.complete(ownership, [step(0)], output, NOW + 5)).toEqual(record)
          for (const [other, another] of Object.entries(ENDS)) {
            if (other === status) continue
            const refusal = bed.registry.complete(ownership, [], another, NOW)
            await expect(refusal).rejects.toMatchObject({ facts: { id, recorded: status, asked: other } })
          }
        })
        const log = await bed.registry.eventsAfter(id, 0)
        expect(log.filter(({ type }) => type === 'end')).toHaveLength(1)
      })
    }

    test('the same status with another output is rejected [C20]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.complete(ownership, [], { outcome: 'success', value: { b: 2, a: 1 } }, NOW)
      await changesNothing(bed, id, async () => {
        const other = bed.registry.complete(ownership, [], { outcome: 'success', value: { a: 1 } }, NOW)
        await expect(other).rejects.toThrow(CompletionConflict)
        const reordered = bed.registry.complete(
          ownership,
          [],
          { outcome: 'success', value: { a: 1, b: 2 } },
          NOW,
        )
        await expect(reordered).resolves.toMatchObject({ status: 'completed' })
      })
    })

    test('of many ends at the same time exactly one is recorded [C20]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const values = Array.from({ length: 8 }, (_, n) => n)
      const ends = await Promise.allSettled(
        values.map((value) => bed.other.complete(ownership, [], { outcome: 'success', value }, NOW)),
      )
      expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1)
      expect(await bed.registry.get(id)).toMatchObject({ seq: 1, commit: 1 })
    })

    test('an output over the inline limit is read back whole, and its repetition succeeds [C44]', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const output: Output = { outcome: 'success', value: 'ü'.repeat((PAYLOAD_MAX_BYTES - 2) / 2) }
      const record = await bed.registry.complete(ownership, [], output, NOW)
      expect(await bed.other.outputOf(record)).toEqual(output)
      expect(await bed.registry.complete(ownership, [], output, NOW)).toEqual(record)
    })

    test('a big output of an owner that was fenced off does not replace the recorded one [C17, C44]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + TTL))
      const output: Output = { outcome: 'success', value: 'b'.repeat(2_000) }
      const record = await bed.other.complete(next.ownership, [], output, NOW + TTL)
      const stale: Output = { outcome: 'success', value: 'a'.repeat(2_000) }
      await expect(bed.registry.complete(ownership, [], stale, NOW)).rejects.toThrow(CompletionConflict)
      await expect(bed.other.complete(next.ownership, [], stale, NOW)).rejects.toThrow(CompletionConflict)
      expect(await bed.other.outputOf(record)).toEqual(output)
    })

    test('an output over the maximum is rejected and nothing is lost [C44]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await changesNothing(bed, id, async () => {
        const output: Output = { outcome: 'success', value: 'x'.repeat(PAYLOAD_MAX_BYTES) }
        await expect(bed.registry.complete(ownership, [], output, NOW)).rejects.toThrow(PayloadTooLarge)
      })
      expect(await bed.registry.complete(ownership, [], DONE, NOW)).toMatchObject({ status: 'completed' })
    })

    test('the message of a failure is cut to its limit, and its repetition is still recognised', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const output: Output = {
        outcome: 'failure',
        error: { class: 'E', code: 'e', message: 'é'.repeat(300_000) },
      }
      const record = await bed.registry.complete(ownership, [], output, NOW)
      const { error } = (await bed.registry.outputOf(record)) as Extract<Output, { outcome: 'failure' }>
      expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(ERROR_MESSAGE_MAX_BYTES)
      expect(await bed.registry.complete(ownership, [], output, NOW)).toEqual(record)
    })

    test('an end with more entries than an item takes commits them first, and repeats as one [C19]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const entries = Array.from({ length: 1_000 }, (_, position) => step(position, 'x'.repeat(450)))
      const record = await bed.registry.complete(ownership, entries, DONE, NOW)
      expect(record).toMatchObject({ status: 'completed', seq: 1_001 })
      expect(await bed.registry.complete(ownership, entries, DONE, NOW)).toEqual(record)
      await expect(bed.registry.complete(ownership, entries, BROKEN, NOW)).rejects.toThrow(CompletionConflict)
      expect(seqs(await bed.registry.eventsAfter(id, 0, 5_000))).toEqual(upTo(1_001))
    })

    test('an end with more entries than an item holds is refused when the owner is fenced off [C17]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.claim(id, aRequest('b'), NOW + TTL)
      const entries = Array.from({ length: 1_000 }, (_, position) => step(position, 'x'.repeat(450)))
      await expect(bed.registry.complete(ownership, entries, DONE, NOW)).rejects.toThrow(LeaseLost)
      expect(await bed.registry.get(id)).toMatchObject({ status: 'running', fence: 2, seq: 1 })
    })

    describe('from outside', () => {
      const external = () => aRegistration({ recovery: 'external' })
      const options = { now: NOW, wakeupScheduled: false, completionToken: 'secret' }

      test('a caller with the token ends an external process, once [C22]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        const record = await bed.registry.completeExternal(id, 'secret', DONE, NOW + 1)
        expect(record).toMatchObject({ status: 'completed', endedAt: NOW + 1, seq: 1 })
        await changesNothing(bed, id, async () => {
          expect(await bed.registry.completeExternal(id, 'secret', DONE, NOW + 2)).toEqual(record)
          await expect(bed.registry.completeExternal(id, 'secret', BROKEN, NOW)).rejects.toThrow(
            CompletionConflict,
          )
          await expect(bed.registry.completeExternal(id, 'guess', DONE, NOW)).rejects.toThrow(
            CompletionRefused,
          )
        })
      })

      test('the wrong token, the wrong disposition and an unknown id are rejected [C22]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        const run = await started(bed)
        for (const each of [id, run.id]) {
          await changesNothing(bed, each, async () => {
            const because = each === id ? 'token' : 'disposition'
            const refusal = bed.registry.completeExternal(each, 'guess', DONE, NOW)
            await expect(refusal).rejects.toMatchObject({ code: 'completion_refused', facts: { because } })
          })
        }
        const unknown = bed.registry.completeExternal(external().id, 'secret', DONE, NOW)
        await expect(unknown).rejects.toThrow(UnknownProcess)
      })

      test('the token stands nowhere in the table [C22]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        const items = await bed.store.range({ pk: `P#${id}`, from: ' ', to: '~' })
        expect(JSON.stringify(items)).not.toContain('secret')
      })

      test('an error that is stored in another form still equals itself when it is repeated [C20]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        const error = { class: 'Half\ud800', code: `long-${'x'.repeat(500_000)}`, message: 'half\ud800' }
        const output = { outcome: 'failure', error } as const
        const record = await bed.registry.completeExternal(id, 'secret', output, NOW)
        expect(record).toMatchObject({ output: { error: { class: 'Half\ufffd' } } })
        expect(await bed.registry.completeExternal(id, 'secret', output, NOW)).toEqual(record)
      })

      test('two different completions at once record one [C20, C22]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        bed.recorder.interrupt = () => bed.other.completeExternal(id, 'secret', BROKEN, NOW)
        await expect(bed.registry.completeExternal(id, 'secret', DONE, NOW)).rejects.toThrow(
          CompletionConflict,
        )
        expect(await bed.registry.get(id)).toMatchObject({ status: 'failed', seq: 1 })
      })

      test('a cancel request that comes just before does not stop the completion [C22]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        bed.recorder.interrupt = () => bed.other.requestCancel(id, { reason: 'enough' }, NOW)
        expect(await bed.registry.completeExternal(id, 'secret', DONE, NOW)).toMatchObject({
          status: 'completed',
          seq: 2,
        })
      })

      test('a completion whose reply was lost is applied once [C18]', async () => {
        const bed = open()
        const { id } = (await bed.registry.register(external(), options)).record
        bed.recorder.twice = true
        const output: Output = { outcome: 'success', value: 'x'.repeat(1_000) }
        const record = await bed.registry.completeExternal(id, 'secret', output, NOW)
        expect(record).toMatchObject({ seq: 1, status: 'completed' })
        expect(await bed.registry.outputOf(record)).toEqual(output)
      })
    })
  })
}
