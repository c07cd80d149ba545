import { expect, test } from 'vitest'
import type { Item } from '../../lib/registry/store/store.ts'
import { historyOf } from './facts.ts'
import { judge } from './judge.ts'
import { outputOf, type Program } from './programs.ts'
import type { Write } from './recorder.ts'
import type { Told } from './told.ts'

const PROGRAM: Program = [{ do: 'step', name: 'p/0', ms: 1, fails: 0, bytes: 10 }]
const KEYS = { pk: 'P#c-1', v: 1, g: 'k#chaos#0', ca: 1 }
const step = JSON.stringify(['e', 20, 0, 's', 'p/0', 1, 'p/0.......'])
const taken = JSON.stringify(['t', 5_000, 2, 'life-a', 'life-b'])
const end = JSON.stringify(['z', 30, 'completed'])

function row(more: Item): Item {
  return { ...KEYS, sk: 'PROCESS', r: 'rerun', k: 'chaos', c: 0, q: 0, t: [], n: 0, ...more }
}
const running = (fence: number, owner: string, claimedAt: number, more: Item = {}): Item =>
  row({
    s: 'running',
    f: fence,
    gr: { o: owner, i: 'i', t: `t${fence}`, c: claimedAt, u: claimedAt + 3_000 },
    da: claimedAt + 3_000,
    d: 'due#1',
    ...more,
  })

/** Claimed by a; killed; taken over by b as a suspect, which runs the step and ends it. */
const FIRST = running(1, 'life-a', 1_000)
const SECOND = running(2, 'life-b', 5_000, { q: 1, t: [taken], su: true })
const DONE = row({
  s: 'completed',
  f: 2,
  c: 1,
  q: 3,
  t: [taken, step, end],
  o: { o: 'success', v: JSON.stringify(outputOf(PROGRAM)) },
  ea: 30,
})
const LEASE: Item = { pk: 'P#c-1', sk: 'LEASE', f: 2, t: 't2', e: 8_000 }
const write = (before: Item | undefined, after: Item): Write => ({
  at: 1,
  kind: 'write',
  pk: 'P#c-1',
  sk: after['sk'] as string,
  before,
  after,
})
const WRITES = [write(undefined, FIRST), write(undefined, LEASE), write(FIRST, SECOND), write(SECOND, DONE)]
const body = (by: string, fence: number): Told => ({
  kind: 'body',
  by,
  process: 'c-1',
  effect: 'p/0',
  attempt: 1,
  fence,
})
const TOLD: Told[] = [
  { kind: 'life', by: 'life-a', pid: 11 },
  { kind: 'life', by: 'life-b', pid: 12 },
  body('life-a', 1),
  body('life-b', 2),
  { kind: 'ran-to-end', by: 'life-b', process: 'c-1', fence: 2 },
]
const asked = new Map([['c-1', { id: 'c-1', program: PROGRAM, endless: false, cancelled: false }]])
const judged = (changes: { writes?: Write[]; told?: Told[] } = {}): string[] =>
  judge({ writes: WRITES, told: TOLD, end: [], load: { asked, facts: [] }, ...changes }).map(
    ({ invariant }) => invariant,
  )

test('a run in which a killed owner is taken over and another ends the process breaks nothing', () => {
  expect(judged()).toEqual([])
})

test('what a body told stands behind the claim under which it ran, and the two writes of a take-over are one', () => {
  const { facts, astray } = historyOf(WRITES, TOLD)
  expect(astray).toEqual([])
  expect(facts.map((fact) => (fact.kind === 'write' ? `${fact.sk} ${fact.tx}` : fact.kind))).toEqual([
    'PROCESS undefined',
    'body',
    'LEASE 1',
    'PROCESS 1',
    'body',
    'ran-to-end',
    'PROCESS undefined',
  ])
})

test('an owner that was overtaken and writes all the same is seen', () => {
  const stale = { ...FIRST, c: 1, q: 1, t: [step] }
  expect(judged({ writes: [...WRITES.slice(0, 3), write(SECOND, stale)] })).toContain(
    'the fence rises by one with each claim',
  )
})

test('a recorded step that runs again under a later claim is seen', () => {
  const first = { ...FIRST, c: 1, q: 1, t: [step] }
  const second = { ...SECOND, c: 1, q: 2, t: [step, taken] }
  const done = { ...DONE, c: 2, t: [step, taken, end] }
  const writes = [
    write(undefined, FIRST),
    write(FIRST, first),
    write(undefined, LEASE),
    write(first, second),
    write(second, done),
  ]
  expect(judged({ writes })).toEqual(['no completed effect runs again'])
})

test('an attempt begun twice under one claim, and a body without a claim, are seen', () => {
  expect(judged({ told: [...TOLD, body('life-b', 2)] })).toEqual(['no completed effect runs again'])
  expect(judged({ told: [...TOLD, body('life-a', 7)] })).toEqual(['no body without a claim'])
})

test('a wrong outcome, a process that stays open and one that is not there are seen', () => {
  const wrong = { ...DONE, o: { o: 'success', v: '"other"' } }
  expect(judged({ writes: [...WRITES.slice(0, 3), write(SECOND, wrong)] })).toEqual([
    'the outcome is that of a crash-free run',
  ])
  expect(judged({ writes: WRITES.slice(0, 3) })).toContain('every process ends')
  expect(judged({ writes: [], told: [] })).toEqual(['nothing is lost'])
})
