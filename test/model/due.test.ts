import { describe, expect, test } from 'vitest'
import { deadlineOf, dueShard, decideWakeup, wakeSourceOf, type DueRow } from '../../lib/model/due.ts'
import type { ProcessId } from '../../lib/model/ids.ts'
import { WAKEUP_GRACE_MS, SQS_DELAY_MAX_MS, DUE_SHARDS } from '../../lib/model/limits.ts'
import { anOwnership, aRecord, aRunning, ID, T } from '../helpers/records.ts'

const row = (more: Partial<DueRow> = {}): DueRow => ({
  id: ID,
  kind: 'k',
  status: 'waiting',
  fence: 1,
  dueAt: T,
  wakeupScheduled: false,
  ...more,
})
const FACTS = { now: T, lookAheadMs: 60_000 }

describe('the shard of a process', () => {
  test('is the same for the same id, and ids spread over all shards', () => {
    const shards = Array.from({ length: 800 }, (_, n) => dueShard(`p-${n}` as ProcessId))
    expect(dueShard('p-1' as ProcessId)).toBe(shards[1])
    const sizes = Array.from(
      { length: DUE_SHARDS },
      (_, shard) => shards.filter((each) => each === shard).length,
    )
    for (const size of sizes) expect(size).toBeGreaterThan(50)
    expect(shards.every((shard) => shard >= 0 && shard < DUE_SHARDS)).toBe(true)
    expect(dueShard(ID, 1)).toBe(0)
  })
})

describe('shall the sweep send a wake-up', () => {
  test('for a parked row that is due: at once', () => {
    expect(decideWakeup(row(), undefined, FACTS)).toEqual({ wake: true, delayMs: 0 })
    expect(decideWakeup(row({ dueAt: T - 9 }), undefined, FACTS)).toEqual({ wake: true, delayMs: 0 })
  })

  test('ahead of its time with the exact delay, never for what is due after the next pass [C37]', () => {
    expect(decideWakeup(row({ dueAt: T + 60_000 }), undefined, FACTS)).toEqual({
      wake: true,
      delayMs: 60_000,
    })
    expect(decideWakeup(row({ dueAt: T + 60_001 }), undefined, FACTS)).toEqual({
      wake: false,
      because: 'later',
    })
  })

  test('never further ahead than a wake-up can be delayed', () => {
    const far = { now: T, lookAheadMs: SQS_DELAY_MAX_MS * 2, maxDelayMs: SQS_DELAY_MAX_MS }
    const last = row({ dueAt: T + SQS_DELAY_MAX_MS })
    expect(decideWakeup(last, undefined, far)).toEqual({ wake: true, delayMs: SQS_DELAY_MAX_MS })
    expect(decideWakeup(row({ dueAt: last.dueAt + 1 }), undefined, far)).toEqual({
      wake: false,
      because: 'later',
    })
  })

  test('for a row whose doorbell was sent only once it is overdue by the grace', () => {
    const wakeupScheduled = row({ wakeupScheduled: true, dueAt: T - WAKEUP_GRACE_MS + 1 })
    expect(decideWakeup(wakeupScheduled, undefined, FACTS)).toEqual({
      wake: false,
      because: 'wakeupScheduled',
    })
    expect(decideWakeup({ ...wakeupScheduled, dueAt: T - WAKEUP_GRACE_MS }, undefined, FACTS)).toEqual({
      wake: true,
      delayMs: 0,
    })
    expect(decideWakeup(wakeupScheduled, undefined, { ...FACTS, graceMs: 0 })).toEqual({
      wake: true,
      delayMs: 0,
    })
  })

  test('for a running row only once its lease has expired, never ahead', () => {
    const running = row({ status: 'running' })
    expect(decideWakeup(running, T + 1, FACTS)).toEqual({ wake: false, because: 'leased' })
    expect(decideWakeup(running, T, FACTS)).toEqual({ wake: true, delayMs: 0 })
    expect(decideWakeup(running, undefined, FACTS)).toEqual({ wake: true, delayMs: 0 })
    expect(decideWakeup({ ...running, dueAt: T + 1 }, undefined, FACTS)).toEqual({
      wake: false,
      because: 'later',
    })
  })
})

describe('what keeps a process from being forgotten [C52]', () => {
  test('is its end, its due time, an outside event or a lease, in that order', () => {
    const { lease } = anOwnership()
    expect(wakeSourceOf(aRecord({ status: 'completed' }), undefined, T)).toBe('ended')
    expect(wakeSourceOf(aRecord({ status: 'stuck' }), undefined, T)).toBe('outside-event')
    expect(wakeSourceOf(aRecord({ status: 'pending' }), undefined, T)).toBe('due')
    expect(
      wakeSourceOf(aRecord({ status: 'waiting', wait: { for: 'external' }, dueAt: undefined }), undefined, T),
    ).toBe('outside-event')
    for (const wait of [
      { for: 'effects', on: ['signal "go"'] },
      { for: 'slot', key: 'k' },
    ] as const) {
      const waiting = aRecord({ status: 'waiting', wait, dueAt: undefined })
      expect(wakeSourceOf(waiting, undefined, T)).toBe('outside-event')
    }
    const undue = aRunning({ dueAt: undefined as never })
    expect(wakeSourceOf(undue, lease, T)).toBe('leased')
    expect(wakeSourceOf(undue, lease, lease.expiresAt)).toBe('breach')
    expect(wakeSourceOf(undue, undefined, T)).toBe('breach')
    expect(wakeSourceOf(aRecord({ status: 'waiting', dueAt: undefined }), undefined, T)).toBe('breach')
  })
})

test('a timeout counts from the registration, or from a later start', () => {
  expect(deadlineOf({ createdAt: 10 })).toBeUndefined()
  expect(deadlineOf({ createdAt: 10, limits: {} })).toBeUndefined()
  expect(deadlineOf({ createdAt: 10, limits: { timeoutMs: 5 } })).toBe(15)
  expect(deadlineOf({ createdAt: 10, startAt: 4, limits: { timeoutMs: 5 } })).toBe(15)
  expect(deadlineOf({ createdAt: 10, startAt: 20, limits: { timeoutMs: 5 } })).toBe(25)
  expect(deadlineOf({ createdAt: 10, limits: { timeoutMs: 0 } })).toBe(10)
})
