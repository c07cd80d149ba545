import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MONTH_MS = 30 * 86_400_000

test('a timer beyond the reach of the platform fires in its time, and not at once', async () => {
  const fired: number[] = []
  SYSTEM_CLOCK.after(MONTH_MS, () => fired.push(Date.now()))
  const from = Date.now()
  await vi.advanceTimersByTimeAsync(MONTH_MS - 1)
  expect(fired).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(fired).toEqual([from + MONTH_MS])
})

test('a timer that was cancelled in any of its pieces never fires', async () => {
  const fired: number[] = []
  const cancel = SYSTEM_CLOCK.after(MONTH_MS, () => fired.push(1))
  await vi.advanceTimersByTimeAsync(MONTH_MS - 1)
  cancel()
  await vi.advanceTimersByTimeAsync(MONTH_MS)
  expect(fired).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('a time that is past fires on a later turn', async () => {
  const fired: number[] = []
  SYSTEM_CLOCK.after(-5, () => fired.push(1))
  expect(fired).toEqual([])
  await vi.advanceTimersByTimeAsync(0)
  expect(fired).toEqual([1])
})

test('a token is 128 random bits that stand in a path, and none comes twice', () => {
  const tokens = Array.from({ length: 1_000 }, () => SYSTEM_CHANCE.token())
  expect(new Set(tokens).size).toBe(1_000)
  for (const token of tokens) {
    expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/u)
    expect(Buffer.from(token, 'base64url')).toHaveLength(16)
  }
})
