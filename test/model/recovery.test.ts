import { describe, expect, test } from 'vitest'
import { CLOCKS_DIFFER_MAX_MS, STALL_BACKOFF_MAX_MS } from '../../lib/model/limits.ts'
import {
  deadlinePassed,
  evidenceOf,
  exhaustedEvidence,
  stallBackoffMs,
  undeployedBackoffMs,
} from '../../lib/model/recovery.ts'
import { anOwnership, aRunning, T } from '../helpers/records.ts'

describe('proof of death', () => {
  test('is the hard deadline and the margin for clocks that differ, and nothing else [C48]', () => {
    expect(deadlinePassed({ hardAt: T }, T + CLOCKS_DIFFER_MAX_MS - 1)).toBe(false)
    expect(deadlinePassed({ hardAt: T }, T + CLOCKS_DIFFER_MAX_MS)).toBe(true)
    expect(deadlinePassed({ hardAt: 0 }, CLOCKS_DIFFER_MAX_MS)).toBe(true)
    expect(deadlinePassed({}, T * 2)).toBe(false)
  })
})

describe('backoff', () => {
  test('of stalls: at once, 1 s, 2 s, 4 s … to 15 min [C50]', () => {
    expect([0, 1, 2, 3, 10, 11, 40, 5_000].map(stallBackoffMs)).toEqual([
      0,
      1_000,
      2_000,
      4_000,
      512_000,
      STALL_BACKOFF_MAX_MS,
      STALL_BACKOFF_MAX_MS,
      STALL_BACKOFF_MAX_MS,
    ])
  })

  test('of a definition that is not deployed: 1 min, 2 min, 4 min … to 15 min [C51]', () => {
    expect([1, 2, 3, 4, 5, 5_000].map(undeployedBackoffMs)).toEqual([
      60_000,
      120_000,
      240_000,
      480_000,
      STALL_BACKOFF_MAX_MS,
      STALL_BACKOFF_MAX_MS,
    ])
  })
})

describe('evidence', () => {
  const facts = { item: undefined, writtenBy: 'host-b/run-b', because: 'hard-deadline-passed' } as const
  const { lease } = anOwnership({ fence: 3 })

  test('names the last owner, when it was last seen and who wrote the end [C48]', () => {
    expect(evidenceOf(aRunning({ fence: 3 }), lease, facts)).toEqual({
      lastOwner: 'host-a/run-a',
      lastFence: 3,
      lastSeenAt: T,
      leaseExpiredAt: lease.expiresAt,
      writtenBy: 'host-b/run-b',
      because: 'hard-deadline-passed',
      claims: 3,
    })
  })

  test('counts a renewal of the same fence as seen, not one of an older fence [C48]', () => {
    const seen = (fence: number) =>
      evidenceOf(aRunning({ fence: 3 }), lease, { ...facts, item: { fence, renewedAt: T + 7 } }).lastSeenAt
    expect(seen(3)).toBe(T + 7)
    expect(seen(2)).toBe(T)
    expect(evidenceOf(aRunning({ fence: 3 }), lease, { ...facts, item: { fence: 3 } }).lastSeenAt).toBe(T)
    expect(evidenceOf(aRunning(), { ...lease, hardAt: T + 9 }, facts)).toMatchObject({ hardAt: T + 9 })
  })

  test('of exhausted attempts names the owner before this one, from the newest take-over [C50]', () => {
    const takeover = (from: string) => ({ type: 'takeover', at: T, fence: 2, from, to: 'x', seq: 1 }) as const
    const evidence = exhaustedEvidence(aRunning({ fence: 6 }), [takeover('first'), takeover('last')], 'me')
    expect(evidence).toEqual({
      lastOwner: 'last',
      lastFence: 5,
      writtenBy: 'me',
      because: 'attempts-exhausted',
      claims: 6,
    })
    expect(exhaustedEvidence(aRunning(), [], 'me').lastOwner).toBe('')
  })
})
