import { describe, expect, test } from 'vitest'
import { CompletionRefused, ProcessEnded, SignalRefused } from '../../lib/model/errors.ts'
import { BACKLOG_MAX_BYTES, TAIL_ROLLED_BYTES } from '../../lib/model/limits.ts'
import { OPEN_STATUSES, TERMINAL_STATUSES, type TerminalRecord } from '../../lib/model/record.ts'
import {
  expectCompletable,
  expectTakes,
  planArrival,
  planRequest,
  planResume,
  planRollingArrival,
  planDependentsNotified,
  planSlotFree,
  readRequestRefusal,
} from '../../lib/model/requests.ts'
import { aRecord, T } from '../helpers/records.ts'

const STANDING = { at: T, reason: 'r' }

for (const kind of ['cancel', 'abandon'] as const) {
  describe(`a request to ${kind}`, () => {
    test('is one entry, refused when one of its kind stands [C29]', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r', by: 'ana' }, T, 'running')
      expect(expected).toEqual({ statusIn: ['running'], absent: [kind] })
      expect(change).toEqual({
        set: { [kind]: { at: T, reason: 'r', by: 'ana' } },
        add: { seq: 1 },
        append: [{ type: kind, at: T, reason: 'r', by: 'ana' }],
      })
    })

    test('makes a process that does not run due at once, and omits an unnamed requester [C31]', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r' }, T, 'other')
      expect(expected.statusIn).toEqual(['pending', 'waiting', 'stuck'])
      expect(change.set).toEqual({ [kind]: STANDING, dueAt: T, wakeupScheduled: true })
      expect(change.append).toEqual([{ type: kind, at: T, reason: 'r' }])
    })

    test('that was refused stands already, or meets another status [C29]', () => {
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

describe('a completion from outside [C22]', () => {
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

const SIGNAL = { type: 'signal', at: T, name: 'go', key: 'k', payload: { value: 1 } } as const
const ON_GO = { for: 'effects', on: ['signal "go"'] } as const
const ON_NAP = { for: 'effects', on: ['sleep "nap"'] } as const

describe('an arrival', () => {
  test('is sent unread to a parked process that awaits it, which it makes due [C38]', () => {
    expect(planArrival(SIGNAL, undefined, T)).toEqual({
      expect: {
        statusIn: ['waiting'],
        awaits: SIGNAL,
        notDueBy: T,
        recoveryIsNot: 'external',
        tailBytesAtMost: TAIL_ROLLED_BYTES,
      },
      change: { set: { dueAt: T, wakeupScheduled: true }, add: { seq: 1 }, append: [SIGNAL] },
    })
  })

  for (const status of OPEN_STATUSES) {
    test(`of a ${status} process writes one entry, and wakes only one that awaits it [C38, C64]`, () => {
      for (const wait of status === 'waiting' ? [ON_GO, ON_NAP, { for: 'worker' } as const] : [ON_GO]) {
        const record = aRecord({ status, wait, fence: 3 })
        expect(planArrival(SIGNAL, { record, tailBytes: 0 }, T)).toEqual({
          expect: {
            statusIn: [status],
            fence: 3,
            recoveryIsNot: 'external',
            tailBytesAtMost: BACKLOG_MAX_BYTES,
          },
          change: {
            ...(status === 'waiting' && wait === ON_GO ? { set: { dueAt: T, wakeupScheduled: true } } : {}),
            add: { seq: 1 },
            append: [SIGNAL],
          },
        })
      }
    })
  }

  test('that rolls the tail begins a new one, from exactly the row that was found [C64]', () => {
    const record = aRecord({ status: 'waiting', wait: ON_GO, fence: 3, commit: 5, seq: 9, tail: [SIGNAL] })
    const roll = { pages: [{ first: 9, last: 9, fence: 3, entries: [SIGNAL] }] }
    expect(planRollingArrival(SIGNAL, { record, tailBytes: 9_000 }, roll, T)).toEqual({
      expect: { fence: 3, commit: 5, seq: 9, statusIn: ['waiting'] },
      change: {
        set: { dueAt: T, wakeupScheduled: true, tail: [SIGNAL], page: { first: 9, last: 9, fence: 3 } },
        add: { seq: 1 },
      },
    })
  })

  test('is refused by an ended process, and by one that runs no code', () => {
    for (const status of TERMINAL_STATUSES) {
      expect(() => expectTakes(aRecord({ status }), 'a signal')).toThrow(ProcessEnded)
    }
    for (const status of OPEN_STATUSES)
      expect(() => expectTakes(aRecord({ status }), 'a signal')).not.toThrow()
    const external = aRecord({ status: 'waiting', recovery: 'external' })
    expect(() => expectTakes(external, 'a signal')).toThrow(SignalRefused)
    expect(() => expectTakes(external, 'a signal')).toThrow(/runs no code/)
  })
})

describe('planning what others do to a process', () => {
  test('a resume makes a stuck process due at once, without its stalls, and says who asked [C41]', () => {
    expect(planResume('ana', T)).toEqual({
      expect: { statusIn: ['stuck'] },
      change: {
        set: {
          dueAt: T,
          wakeupScheduled: true,
          status: 'waiting',
          wait: { for: 'worker', since: T },
          stalls: 0,
        },
        add: { seq: 1 },
        append: [{ type: 'resume', at: T, by: 'ana' }],
      },
    })
    expect(planResume(undefined, T).change.append).toEqual([{ type: 'resume', at: T }])
  })

  test('a free place wakes only who waits for one', () => {
    expect(planSlotFree(T)).toEqual({
      expect: { statusIn: ['waiting'], waitFor: 'slot' },
      change: { set: { dueAt: T, wakeupScheduled: true } },
    })
  })

  test('settling an end leaves the due index, and touches that end only', () => {
    const record = aRecord({ status: 'failed', fence: 4, pendingNotifications: true }) as TerminalRecord
    expect(planDependentsNotified(record)).toEqual({
      expect: { statusIn: ['failed'], fence: 4 },
      change: { remove: ['pendingNotifications', 'dueAt', 'wakeupScheduled'] },
    })
  })
})
