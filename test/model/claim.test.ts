import type { RunningRecord } from '../../lib/model/ownership.ts'
import { describe, expect, test } from 'vitest'
import {
  grantFor,
  decideClaim,
  planBlindClaim,
  planTakeover,
  stallsExhausted,
} from '../../lib/model/claim.ts'
import { CLOCKS_DIFFER_MAX_MS, MAX_STALLS } from '../../lib/model/limits.ts'
import { TERMINAL_STATUSES } from '../../lib/model/record.ts'
import { aClaim, aRecord, aRunning, GRANT, T } from '../helpers/records.ts'

const REQUEST = { at: T, reason: 'enough' }
const OVER = GRANT.until

describe('judging a claim', () => {
  for (const status of TERMINAL_STATUSES) {
    test(`a process that is ${status} is skipped as ended, whatever its recovery [C15]`, () => {
      for (const recovery of ['rerun', 'abandon', 'external'] as const) {
        const record = aRecord({ status, recovery, abandon: REQUEST, cancel: REQUEST })
        expect(decideClaim(record, undefined, aClaim(), T)).toEqual({ do: 'skip', because: 'ended', record })
      }
    })
  }

  for (const status of ['pending', 'waiting'] as const) {
    test(`a ${status} process is taken from its due time on`, () => {
      const record = aRecord({ status, dueAt: T })
      expect(decideClaim(record, undefined, aClaim(), T)).toEqual({ do: 'take-parked' })
      expect(decideClaim(record, undefined, aClaim(), T - 1)).toEqual({
        do: 'skip',
        because: 'not-due',
        dueAt: T,
      })
    })

    test(`a ${status} process with an abandon request is ended, due or not`, () => {
      const verdict = decideClaim(aRecord({ status, abandon: REQUEST, dueAt: T + 9 }), undefined, aClaim(), T)
      expect(verdict).toEqual({ do: 'end', as: 'abandoned', because: 'operator-request' })
    })
  }

  test('a waiting process without a due time is never due', () => {
    const record = aRecord({ status: 'waiting', dueAt: undefined })
    expect(decideClaim(record, undefined, aClaim(), T)).toEqual({
      do: 'skip',
      because: 'not-due',
      dueAt: undefined,
    })
  })

  test('an external process is skipped, until a caller cancels it [C49]', () => {
    const record = aRecord({ status: 'waiting', recovery: 'external' })
    expect(decideClaim(record, undefined, aClaim(), T)).toEqual({ do: 'skip', because: 'external' })
    const verdict = decideClaim({ ...record, cancel: REQUEST }, undefined, aClaim(), T)
    expect(verdict).toMatchObject({ do: 'end', as: 'cancelled' })
  })

  test('an external process ends after its timeout, and cancelled rather than timed out [C49]', () => {
    const limits = { timeoutMs: 5 }
    const external = aRecord({ status: 'waiting', recovery: 'external', limits, dueAt: T + 5 })
    expect(decideClaim(external, undefined, aClaim(), T + 4)).toEqual({ do: 'skip', because: 'external' })
    expect(decideClaim(external, undefined, aClaim(), T + 5)).toEqual({
      do: 'end',
      as: 'timed-out',
      because: 'timed-out',
    })
    const later = { ...external, startAt: T + 100 }
    expect(decideClaim(later, undefined, aClaim(), T + 104)).toEqual({ do: 'skip', because: 'external' })
    expect(decideClaim(later, undefined, aClaim(), T + 105)).toMatchObject({ as: 'timed-out' })
    const cancelled = decideClaim({ ...external, cancel: REQUEST }, undefined, aClaim(), T + 9)
    expect(cancelled).toMatchObject({ as: 'cancelled', because: 'operator-request' })
    const given = decideClaim({ ...external, abandon: REQUEST }, undefined, aClaim(), T + 9)
    expect(given).toMatchObject({ as: 'abandoned' })
  })

  test('a stuck process is skipped, until a caller cancels it or gives it up', () => {
    const record = aRecord({ status: 'stuck' })
    expect(decideClaim(record, undefined, aClaim(), T)).toEqual({ do: 'skip', because: 'stuck' })
    expect(decideClaim({ ...record, cancel: REQUEST }, undefined, aClaim(), T)).toMatchObject({
      as: 'cancelled',
    })
    expect(decideClaim({ ...record, abandon: REQUEST }, undefined, aClaim(), T)).toMatchObject({
      as: 'abandoned',
    })
  })

  describe('of a running process', () => {
    test('a live lease of another is skipped to its last millisecond [C9, C12]', () => {
      const verdict = decideClaim(aRunning(), undefined, aClaim(), OVER - 1)
      expect(verdict).toMatchObject({
        do: 'skip',
        because: 'leased',
        lease: { token: 'token-a', expiresAt: OVER },
      })
      expect(decideClaim(aRunning(), undefined, aClaim(), OVER)).toEqual({ do: 'take-over' })
    })

    test('a renewal of the same fence keeps the lease alive, one of an older fence does not', () => {
      const renewed = { fence: 1, expiresAt: OVER + 5 }
      expect(decideClaim(aRunning(), renewed, aClaim(), OVER + 4)).toMatchObject({ because: 'leased' })
      expect(decideClaim(aRunning(), renewed, aClaim(), OVER + 5)).toEqual({ do: 'take-over' })
      expect(decideClaim(aRunning({ fence: 2 }), renewed, aClaim(), OVER)).toEqual({ do: 'take-over' })
    })

    test('the request that made the lease is recognised by its token [C18]', () => {
      const mine = aClaim({ ownerId: 'host-a', attemptId: 'run-a', token: 'token-a' })
      expect(decideClaim(aRunning(), undefined, mine, T)).toMatchObject({
        do: 'already-mine',
        lease: { fence: 1 },
      })
    })

    test('the same owner and attempt extends, a new attempt waits [C10, C11]', () => {
      const mine = aClaim({ ownerId: 'host-a', attemptId: 'run-a' })
      expect(decideClaim(aRunning(), undefined, mine, T)).toMatchObject({
        do: 'extend',
        lease: { token: 'token-a' },
      })
      const next = aClaim({ ownerId: 'host-a', attemptId: 'run-2', token: 'token-a' })
      expect(decideClaim(aRunning(), undefined, next, T)).toMatchObject({ because: 'leased' })
    })

    test('giving up waits for the lease to be over [C48]', () => {
      const record = aRunning({ abandon: REQUEST })
      expect(decideClaim(record, undefined, aClaim(), OVER - 1)).toMatchObject({ because: 'leased' })
      const verdict = decideClaim(record, undefined, aClaim(), OVER)
      expect(verdict).toEqual({ do: 'end', as: 'abandoned', because: 'operator-request' })
    })

    test('what may not be re-run waits for its hard deadline and margin [C48]', () => {
      const record = aRunning({ recovery: 'abandon', grant: { ...GRANT, hardAt: T + 900_000 } })
      const proven = T + 900_000 + CLOCKS_DIFFER_MAX_MS
      expect(decideClaim(record, undefined, aClaim(), proven - 1)).toMatchObject({ because: 'never-rerun' })
      const verdict = decideClaim(record, undefined, aClaim(), proven)
      expect(verdict).toEqual({ do: 'end', as: 'abandoned', because: 'hard-deadline-passed' })
      const endless = aRunning({ recovery: 'abandon' })
      expect(decideClaim(endless, undefined, aClaim(), proven * 2)).toMatchObject({ because: 'never-rerun' })
    })

    test('a row that backs off is not taken over before it is due [C50]', () => {
      const record = aRunning({ dueAt: OVER + 1_000 })
      const early = decideClaim(record, undefined, aClaim(), OVER + 999)
      expect(early).toEqual({ do: 'skip', because: 'not-due', dueAt: OVER + 1_000 })
      expect(decideClaim(record, undefined, aClaim(), OVER + 1_000)).toEqual({ do: 'take-over' })
    })
  })
})

describe('a grant', () => {
  test('holds for the time that was asked, and carries a hard deadline only when there is one', () => {
    expect(grantFor(aClaim({ hardAt: T + 5 }), T)).toEqual({
      ownerId: 'host-b',
      attemptId: 'run-b',
      token: 'token-b',
      claimedAt: T,
      until: T + 30_000,
      hardAt: T + 5,
    })
    expect(grantFor(aClaim(), T)).not.toHaveProperty('hardAt')
  })
})

describe('planning a claim', () => {
  test('the blind claim raises the fence by one and refuses what the verdict would skip [C8]', () => {
    const { expect: expected, change } = planBlindClaim(aClaim(), T)
    expect(expected).toEqual({
      statusIn: ['pending', 'waiting'],
      recoveryIsNot: 'external',
      dueBy: T,
      absent: ['abandon'],
    })
    expect(change.add).toEqual({ fence: 1 })
    expect(change.set).toMatchObject({ status: 'running', dueAt: T + 30_000 })
    expect(change.once).toEqual({ startedAt: T })
  })

  test('a take-over pins the row to what was read, and marks who took over from whom [C8]', () => {
    const record = aRunning({ fence: 4, commit: 7, seq: 9 })
    const { expect: expected, change } = planTakeover(record, undefined, aClaim(), T)
    expect(expected).toEqual({ fence: 4, commit: 7, seq: 9, statusIn: ['running'] })
    expect(change.add).toEqual({ fence: 1, seq: 1 })
    expect(change.append).toEqual([{ type: 'takeover', at: T, fence: 5, from: 'host-a', to: 'host-b' }])
  })

  test('a take-over records the step of the newest renewal, and none of an earlier owner [C72]', () => {
    const record = aRunning({ fence: 4 })
    const step = { name: 'charge', attempt: 2, since: T - 9_000, beside: 3 }
    const last = (fence: number) =>
      planTakeover(record, { fence, token: 't', step }, aClaim(), T).change.append?.[0]
    expect(last(4)).toMatchObject({ step: { name: 'charge', attempt: 2, since: T - 9_000 } })
    expect(last(4)).not.toHaveProperty('step.beside')
    expect(last(3)).not.toHaveProperty('step')
  })

  test('a take-over makes a suspect, and counts a stall only when one died alone [C60]', () => {
    const change = (more: Partial<RunningRecord>) =>
      planTakeover(aRunning(more), undefined, aClaim(), T).change
    expect(change({ stalls: 4 }).set).toMatchObject({ suspect: true, stalls: 0, dueAt: T + 30_000 })
    expect(change({ stalls: 0, suspect: true }).set).toMatchObject({ suspect: true, stalls: 1 })
    const due = (stalls: number) => change({ stalls, suspect: true }).set?.dueAt
    expect([0, 1, 2].map(due)).toEqual([T + 31_000, T + 32_000, T + 34_000])
  })

  test('a claim in company refuses a suspect, whether it waits or its worker died [C60]', () => {
    const company = aClaim({ inCompany: true })
    expect(planBlindClaim(company, T).expect.absent).toEqual(['abandon', 'suspect'])
    const suspect = { do: 'skip', because: 'suspect' }
    expect(decideClaim(aRunning(), undefined, company, OVER)).toEqual(suspect)
    expect(decideClaim(aRecord({ status: 'waiting', suspect: true }), undefined, company, T)).toEqual(suspect)
    expect(decideClaim(aRecord({ status: 'waiting', suspect: true }), undefined, aClaim(), T)).toEqual({
      do: 'take-parked',
    })
    expect(decideClaim(aRunning({ recovery: 'abandon' }), undefined, company, OVER)).toMatchObject({
      because: 'never-rerun',
    })
  })

  test('a claim of a process that does not run names no previous owner', () => {
    const { change } = planTakeover(aRecord({ status: 'waiting' }), undefined, aClaim(), T)
    expect(change.append).toMatchObject([{ from: '' }])
  })

  test('stalls are exhausted at the limit, its own or the default, of a suspect alone [C50]', () => {
    const exhausted = (stalls: number, limits = {}) =>
      stallsExhausted(aRunning({ stalls, suspect: true, limits }))
    expect([MAX_STALLS - 1, MAX_STALLS].map((stalls) => exhausted(stalls))).toEqual([false, true])
    expect([8, 9].map((stalls) => exhausted(stalls, { maxStalls: 9 }))).toEqual([false, true])
    // A row that an older version wrote counted each claim.
    expect(stallsExhausted(aRunning({ stalls: 9 }))).toBe(false)
  })
})
