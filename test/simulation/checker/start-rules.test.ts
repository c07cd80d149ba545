import { expect, test } from 'vitest'
import { DEAD_LETTER, type Fact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import { broken, soundFacts, withRow, type Facts } from './sample.ts'

const wakeupsOn = (facts: Facts, queue: 'work' | 'urgent'): Facts =>
  facts.map((fact): Fact => (fact.kind === 'woke' ? { ...fact, queue } : fact))

test('a process that is claimed before its start time by the clock of its worker does nothing', () => {
  expect(broken(withRow(soundFacts(), { st: 0 }))).toEqual([])
  expect(broken(withRow(soundFacts(), { st: 1 }))).toEqual(['nothing begins before its start time'])
})

test('what an early run records is seen where its bodies are not', () => {
  const recorded = withRow(soundFacts(), { st: 1 }).filter(({ kind }) => kind !== 'body')
  expect(broken(recorded)).toEqual(['nothing begins before its start time'])
})

test('a process is listed under its kind, and under its scope if it has one', () => {
  const listed = 'a process is listed in its group'
  expect(broken(withRow(soundFacts(), { sc: 'north', gs: 's#north#0' }))).toEqual([])
  expect(broken(withRow(soundFacts(), { sc: 'north' }))).toEqual([listed])
  expect(broken(withRow(soundFacts(), { g: 'k#another#0' }))).toEqual([listed])
})

test('a start message that no worker can accept is dead-lettered, and its id stays free', () => {
  const [another, own] = ['another', 'p']
  const letter = (process: string): Fact => ({
    at: 5,
    kind: 'refused',
    process,
    asked: 'a start message',
    code: DEAD_LETTER,
  })
  const expecting = (id: string): Expectations => ({ processes: new Map(), misstarted: new Set([id]) })
  expect(broken([...soundFacts(), letter(another)], expecting(another))).toEqual([])
  expect(broken(soundFacts(), expecting(another))).toEqual(['a refused start is a dead letter'])
  expect(broken([...soundFacts(), letter(own)], expecting(own))).toEqual(['a refused start leaves nothing'])
})

test('an urgent process is woken on the urgent queue, and no other process is', () => {
  const queue = 'a wake-up goes to the queue of its process'
  const urgent = withRow(soundFacts(), { u: true })
  expect(broken(wakeupsOn(urgent, 'urgent'))).toEqual([])
  expect(broken(wakeupsOn(urgent, 'work'))).toEqual([queue])
  expect(broken(wakeupsOn(soundFacts(), 'work'))).toEqual([])
  expect(broken(wakeupsOn(soundFacts(), 'urgent'))).toEqual([queue])
})
