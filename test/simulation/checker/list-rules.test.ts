import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import { broken, soundFacts, type Facts } from './sample.ts'

const LIST = 'a list is whole and in order'
type Listed = Extract<Fact, { kind: 'listed' }>
type Items = Listed['items']

/** Long after everything has ended. Both processes of the history were registered at 0. */
const LATE = 10_000_000
const BOTH: Items = [
  { id: 'p', status: 'completed', createdAt: 0 },
  { id: 'p.1', status: 'cancelled', createdAt: 0 },
]

function listed(items: Items, change: Partial<Listed> = {}): Facts {
  const list: Listed = {
    kind: 'listed',
    process: '',
    group: 'k#kind#',
    pages: 2,
    beganAt: LATE,
    at: LATE,
    items,
  }
  return [...soundFacts(), { ...list, ...change }]
}

test('a list has each process of its group once', () => {
  expect(broken(listed(BOTH))).toEqual([])
  expect(broken(listed(BOTH.slice(0, 1)))).toEqual([LIST])
  expect(broken(listed([...BOTH, ...BOTH.slice(0, 1)]))).toEqual([LIST])
  expect(broken(listed(BOTH, { group: 'k#another#' }))).toEqual([LIST])
  expect(broken(listed([...BOTH, { id: 'none', status: 'completed', createdAt: 0 }]))).toEqual([LIST])
})

test('a process that began shortly before a list may be missing', () => {
  expect(broken(listed([], { beganAt: 71_000, at: 71_000 }))).toEqual([])
})

test('a list has the newest process first, as it was created', () => {
  const newer = BOTH.map((item, nth) => ({ ...item, createdAt: nth }))
  expect(broken(listed(newer))).toEqual([LIST])
})

test('a list shows a status that the process had, and the one that was asked for', () => {
  const [p, child] = BOTH
  if (p === undefined || child === undefined) throw new Error('two')
  expect(broken(listed([{ ...p, status: 'waiting' }, child]))).toEqual([LIST])
  expect(broken(listed([p], { status: 'completed' }))).toEqual([])
  expect(broken(listed([], { status: 'completed' }))).toEqual([LIST])
  expect(broken(listed([p, child], { status: 'completed' }))).toEqual([LIST])
})
