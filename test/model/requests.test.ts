import { describe, expect, test } from 'vitest'
import { CompletionRefused, ProcessEnded, SignalRefused } from '../../lib/model/errors.ts'
import { BACKLOG_MAX_BYTES } from '../../lib/model/limits.ts'
import type { Entry } from '../../lib/model/log.ts'
import { OPEN_STATUSES, TERMINAL_STATUSES, type TerminalRecord } from '../../lib/model/record.ts'
import {
  expectCompletable,
  planArrival,
  planRequest,
  planResume,
  planSettled,
  planSlotFree,
  readArrivalRefusal,
  readRequestRefusal,
} from '../../lib/model/requests.ts'
import { aRecord, T } from '../helpers/records.ts'

const STANDING = { at: T, reason: 'r' }

for (const kind of ['cancel', 'abandon'] as const) {
  describe(`a request to ${kind}`, () => {
    test('C29 is one entry, refused where one of its kind stands', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r', by: 'ana' }, T, 'running')
      expect(expected).toEqual({ statusIn: ['running'], absent: [kind] })
      expect(change).toEqual({
        set: { [kind]: { at: T, reason: 'r', by: 'ana' } },
        add: { seq: 1 },
        append: [{ type: kind, at: T, reason: 'r', by: 'ana' }],
      })
    })

    test('C31 makes what is not running due at once, and leaves out who asked where nobody is named', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r' }, T, 'other')
      expect(expected.statusIn).toEqual(['pending', 'waiting', 'stuck'])
      expect(change.set).toEqual({ [kind]: STANDING, dueAt: T, belled: true })
      expect(change.append).toEqual([{ type: kind, at: T, reason: 'r' }])
    })

    test('C29 that was refused stands already, or meets another status', () => {
      for (const status of OPEN_STATUSES) {
        expect(readRequestRefusal(kind, aRecord({ status }))).toBe('other-status')
        expect(readRequestRefusal(kind, aRecord({ status, [kind]: STANDING }))).toBe('standing')
      }
      for (const status of TERMINAL_STATUSES) {
        expect(() => readRequestRefusal(kind, aRecord({ status, [kind]: STANDING }))).toThrow(ProcessEnded)
      }
    })
  })
}

describe('C22 a completion from outside', () => {
  test('needs recovery external and the token', () => {
    const external = aRecord({ status: 'waiting', recovery: 'external', completionHash: 'h1' })
    expect(() => expectCompletable(external, 'h1')).not.toThrow()
    expect(() => expectCompletable(external, 'h2')).toThrow(CompletionRefused)
    expect(() => expectCompletable(external, 'h2')).toThrow(/token is not that of/)
    expect(() => expectCompletable(aRecord({ status: 'waiting', completionHash: 'h1' }), 'h1')).toThrow(
      /run by workers/,
    )
    const tokenless = aRecord({ status: 'waiting', recovery: 'external' })
    expect(() => expectCompletable(tokenless, '')).toThrow(CompletionRefused)
  })
})

const SIGNAL: Entry = { type: 'signal', at: T, name: 'go', key: 'k', payload: { value: 1 } }

describe('an arrival', () => {
  for (const status of OPEN_STATUSES) {
    test(`C38 at a ${status} process is one entry, and makes due only one that waits`, () => {
      expect(planArrival(SIGNAL, status, T)).toEqual({
        expect: { statusIn: [status], recoveryIsNot: 'external', tailBytesAtMost: BACKLOG_MAX_BYTES },
        change: {
          ...(status === 'waiting' ? { set: { dueAt: T, belled: true } } : {}),
          add: { seq: 1 },
          append: [SIGNAL],
        },
      })
    })

    test(`that was refused is tried again where the process is ${status}, unless it was tried there`, () => {
      const record = aRecord({ status })
      for (const tried of OPEN_STATUSES) {
        if (tried !== status) expect(readArrivalRefusal(record, 'a signal', tried)).toBe(status)
        else {
          expect(() => readArrivalRefusal(record, 'a signal', tried)).toThrow(SignalRefused)
          expect(() => readArrivalRefusal(record, 'a signal', tried)).toThrow(/too many signals wait/)
        }
      }
    })
  }

  test('is refused by an ended process, and by one that runs no code', () => {
    for (const status of TERMINAL_STATUSES) {
      expect(() => readArrivalRefusal(aRecord({ status }), 'a signal', 'waiting')).toThrow(ProcessEnded)
    }
    const external = aRecord({ status: 'waiting', recovery: 'external' })
    expect(() => readArrivalRefusal(external, 'a signal', 'running')).toThrow(/runs no code/)
  })
})

describe('planning what others do to a process', () => {
  test('C41 a resume makes a stuck process due at once, without its stalls, and says who asked', () => {
    expect(planResume('ana', T)).toEqual({
      expect: { statusIn: ['stuck'] },
      change: {
        set: { dueAt: T, belled: true, status: 'waiting', wait: { for: 'worker' }, stalls: 0 },
        add: { seq: 1 },
        append: [{ type: 'resume', at: T, by: 'ana' }],
      },
    })
    expect(planResume(undefined, T).change.append).toEqual([{ type: 'resume', at: T }])
  })

  test('a free place wakes only who waits for one', () => {
    expect(planSlotFree(T)).toEqual({
      expect: { statusIn: ['waiting'], waitFor: 'slot' },
      change: { set: { dueAt: T, belled: true } },
    })
  })

  test('settling an end leaves the due index, and touches that end only', () => {
    const record = aRecord({ status: 'failed', fence: 4, owes: true }) as TerminalRecord
    expect(planSettled(record)).toEqual({
      expect: { statusIn: ['failed'], fence: 4 },
      change: { remove: ['owes', 'dueAt', 'belled'] },
    })
  })
})
