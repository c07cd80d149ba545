import { describe, expect, test } from 'vitest'
import type { LogEntry } from '../../lib/model/log.ts'
import { mismatch, neverAskedFor, recordedEffects, titleOf } from '../../lib/model/replay.ts'

const effect = (position: number, name: string, seq: number): LogEntry => ({
  type: 'effect',
  at: 1,
  position,
  effect: 'step',
  name,
  outcome: { ok: true },
  seq,
})
const call = (position: number, name: string) => ({ position, effect: 'step', name }) as const

describe('a journal', () => {
  test('holds the effects of a log in the order in which they came to their outcomes [C34]', () => {
    const log: LogEntry[] = [
      effect(1, 'b', 1),
      { type: 'cancel', at: 1, reason: 'r', seq: 2 },
      effect(0, 'a', 3),
      { type: 'end', at: 1, status: 'x', seq: 4 },
    ]
    expect(recordedEffects(log)).toEqual([
      { ...call(1, 'b'), outcome: { ok: true } },
      { ...call(0, 'a'), outcome: { ok: true } },
    ])
  })

  test('answers a call for the same effect, and names both when they differ [C41]', () => {
    expect(mismatch(call(3, 'a'), call(3, 'a'))).toBeUndefined()
    expect(mismatch(call(3, 'a'), call(3, 'b'))?.facts).toEqual({
      position: 3,
      expected: 'step "a"',
      found: 'step "b"',
    })
    const other = { position: 3, effect: 'sleep' as never, name: 'a' }
    expect(mismatch(call(3, 'a'), other)?.facts).toMatchObject({ found: 'sleep "a"' })
  })

  test('names a recorded effect that was never asked for [C41]', () => {
    expect(neverAskedFor(call(2, 'a'), 'the end').facts).toEqual({
      position: 2,
      expected: 'step "a"',
      found: 'the end',
    })
    expect(titleOf(call(0, 'say "hi"'))).toBe('step "say \\"hi\\""')
  })
})
