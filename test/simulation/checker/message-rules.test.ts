import { expect, test } from 'vitest'
import type { HostFact, Violation } from '../history.ts'
import { deliveriesAreSpared, messageIsASwitch } from './message-rules.ts'

type Delivered = Extract<HostFact, { kind: 'delivered' }>

const SOUND: Delivered = {
  kind: 'delivered',
  by: 'worker-1#1',
  process: 'p',
  attempt: 1,
  end: 'died',
  tookMs: 20_000,
  isDisturbed: false,
  hiddenForMs: 12_000,
  isHeld: true,
  isSuspect: false,
  isOfAnother: false,
}

function broken(change: Partial<Delivered>): readonly string[] {
  const violations: Violation[] = []
  messageIsASwitch({ ...SOUND, ...change }, 0, (violation) => void violations.push(violation))
  deliveriesAreSpared({ ...SOUND, ...change }, 0, (violation) => void violations.push(violation))
  return violations.map(({ invariant }) => invariant)
}

test('a message of a dead worker that comes within a lease is sound', () => {
  expect(broken({})).toEqual([])
})

test('a message of a dead worker stays hidden for a lease and a second at most', () => {
  const late = { hiddenForMs: 900_000 }
  expect(broken(late)).toEqual(['a dead worker leaves messages that come soon'])
  expect(broken({ ...late, isDisturbed: true })).toEqual([])
  expect(broken({ ...late, tookMs: 200 })).toEqual([])
  expect(broken({ ...late, isHeld: false })).toEqual([])
})

test('a message that comes while it is served is found', () => {
  const served = { end: 'done', hiddenForMs: 0 } as const
  expect(broken(served)).toEqual(['a message stays hidden while it is served'])
  expect(broken({ ...served, isDisturbed: true })).toEqual([])
})

test('a third delivery that takes a suspect over is found when its worker dies', () => {
  const third = { attempt: 3, isSuspect: true }
  expect(broken(third)).toEqual(['a healthy process makes no dead letter'])
  expect(broken({ ...third, attempt: 2 })).toEqual([])
})

test('a fourth delivery that is given back for a live lease is found', () => {
  const fourth = { attempt: 4, end: 'given back', isHeld: false, isOfAnother: true } as const
  expect(broken(fourth)).toEqual(['a healthy process makes no dead letter'])
  expect(broken({ ...fourth, attempt: 3 })).toEqual([])
})
