import { describe, expect, test } from 'vitest'
import { sameOwner } from '../../lib/model/ids.ts'
import { isLive, isMine, leaseOf } from '../../lib/model/lease.ts'
import { GRANT, ID, T } from '../helpers/records.ts'

const row = { id: ID, fence: 2, grant: GRANT }

describe('the lease of a process', () => {
  test('has no holder without a grant, whatever the lease item says', () => {
    expect(leaseOf({ id: ID, fence: 2 }, { fence: 2, expiresAt: T * 2 })).toBeUndefined()
  })

  test('is the later of the grant and the lease item of the same fence', () => {
    const until = (item: Parameters<typeof leaseOf>[1]) => leaseOf(row, item)?.expiresAt
    expect(until(undefined)).toBe(GRANT.until)
    expect(until({ fence: 2, expiresAt: GRANT.until + 1 })).toBe(GRANT.until + 1)
    expect(until({ fence: 2, expiresAt: GRANT.until - 1 })).toBe(GRANT.until)
    expect(until({ fence: 2 })).toBe(GRANT.until)
    expect(until({ fence: 1, expiresAt: GRANT.until + 1 })).toBe(GRANT.until)
    expect(until({ notice: 4 })).toBe(GRANT.until)
  })

  test('carries the owner, the token and the fence [C7]', () => {
    const { until: _, ...grant } = GRANT
    expect(leaseOf(row, undefined)).toEqual({ id: ID, fence: 2, ...grant, expiresAt: GRANT.until })
  })

  test('is live only while its expiry is strictly later than now [C12]', () => {
    const lease = leaseOf(row, undefined)
    expect(isLive(lease, GRANT.until - 1)).toBe(true)
    expect(isLive(lease, GRANT.until)).toBe(false)
    expect(isLive(undefined, T)).toBe(false)
  })

  test('is mine only for the same owner and attempt [C10]', () => {
    expect(isMine(GRANT, { ownerId: 'host-a', attemptId: 'run-a' })).toBe(true)
    expect(isMine(GRANT, { ownerId: 'host-a', attemptId: 'run-b' })).toBe(false)
    expect(sameOwner(GRANT, { ownerId: 'host-b', attemptId: 'run-a' })).toBe(false)
  })
})
