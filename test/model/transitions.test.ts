import { describe, expect, test } from 'vitest'
import { InvariantBroken } from '../../lib/model/errors.ts'
import {
  isTerminal,
  isEnded,
  OPEN_STATUSES,
  STATUSES,
  statusOf,
  TERMINAL_STATUSES,
} from '../../lib/model/record.ts'
import { assertMove, FROM, mayMove, type Move } from '../../lib/model/transitions.ts'
import { aRecord } from '../helpers/records.ts'

const MOVES = Object.keys(FROM) as Move[]

describe('a move', () => {
  for (const move of MOVES) {
    test(`${move} comes from an open status that allows it, and from no terminal one [C21]`, () => {
      const allowed = STATUSES.filter((status) => mayMove(move, status))
      expect(allowed.length).toBeGreaterThan(0)
      for (const status of STATUSES) {
        if (allowed.includes(status)) expect(() => assertMove(move, status)).not.toThrow()
        else expect(() => assertMove(move, status)).toThrow(InvariantBroken)
      }
      for (const status of TERMINAL_STATUSES) expect(allowed).not.toContain(status)
    })
  }

  test('of an owner comes from running alone', () => {
    for (const move of ['takeOver', 'commit', 'park', 'markStuck', 'finish'] as const) {
      expect(STATUSES.filter((status) => mayMove(move, status))).toEqual(['running'])
    }
  })

  test('from every open status there is a way on', () => {
    for (const status of OPEN_STATUSES) expect(MOVES.some((move) => mayMove(move, status))).toBe(true)
  })
})

describe('a status [C21]', () => {
  test('is open or terminal, never both', () => {
    for (const status of STATUSES) {
      expect(isTerminal(status)).toBe((TERMINAL_STATUSES as readonly string[]).includes(status))
      expect(isTerminal(status)).not.toBe((OPEN_STATUSES as readonly string[]).includes(status))
      expect(isEnded(aRecord({ status }))).toBe(isTerminal(status))
    }
  })

  test('follows from the output', () => {
    const outcomes = ['success', 'failure', 'cancelled', 'abandoned'] as const
    expect(outcomes.map((outcome) => statusOf({ outcome }))).toEqual([...TERMINAL_STATUSES])
  })
})
