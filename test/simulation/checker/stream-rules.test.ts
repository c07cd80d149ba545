import { describe, expect, test } from 'vitest'
import type { Expectations } from './expectations.ts'
import { broken, soundCallback, type Facts } from './sample.ts'

const INVARIANT = 'every change of status is published, in order'
const STREAMED: Expectations = { processes: new Map(), streamed: true }

/** What the bus gets of the sound history: each change of the status of q, under its revision. */
const CHANGES = [
  ['pending', 0],
  ['running', 1],
  ['waiting', 6],
  ['running', 8],
  ['completed', 11],
] as const
const events = CHANGES.map(([status, revision]) => published(status, revision))

function published(status: string, revision: number): Facts[number] {
  return { at: 100, kind: 'published', process: 'q', status, revision, createdAt: 0 }
}

function after(...published: Facts): Facts {
  return [...soundCallback(), ...published]
}

test('a history whose changes of status are all published breaks nothing', () => {
  expect(broken(after(...events), STREAMED)).toEqual([])
})

test('a status event that is published again breaks nothing', () => {
  const [first, second, ...rest] = events
  if (first === undefined || second === undefined) throw new Error('two changes')
  expect(broken(after(first, second, first, second, ...rest), STREAMED)).toEqual([])
})

test('a world without a reader of its stream owes no status event', () => {
  expect(broken(soundCallback())).toEqual([])
})

describe('a history is refused in which', () => {
  test.each(CHANGES.map((change, nth) => [change[0], nth] as const))('no event says %s (%i)', (_, nth) => {
    expect(broken(after(...events.toSpliced(nth, 1)), STREAMED)).toEqual([INVARIANT])
  })

  test('an event overtakes an earlier one of its process', () => {
    const [first, second, ...rest] = events
    if (first === undefined || second === undefined) throw new Error('two changes')
    expect(broken(after(second, first, ...rest), STREAMED)).toEqual([INVARIANT])
  })

  test('an event tells of a change that never happened', () => {
    expect(broken(after(...events, published('failed', 12)), STREAMED)).toEqual([INVARIANT])
    expect(broken(after(...events, published('waiting', 8)), STREAMED)).toEqual([INVARIANT])
  })
})
