import { expect, test } from 'vitest'
import type { Item } from '../../lib/registry/store/store.ts'
import { historyOf } from './facts.ts'
import { checkRun } from './check-run.ts'
import { outputOf, type Program } from './programs.ts'
import type { Write } from './recorder.ts'
import type { WorkerLog } from './worker-logs.ts'

const PROGRAM: Program = [{ do: 'step', name: 'p/0', ms: 1, fails: 0, bytes: 10 }]
const KEYS = { pk: 'P#c-1', v: 1, g: 'k#chaos#0', ca: 1 }
const step = JSON.stringify(['e', 20, 0, 's', 'p/0', 1, 'p/0.......'])
const taken = JSON.stringify(['t', 5_000, 2, 'worker-a', 'worker-b'])
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
const FIRST = running(1, 'worker-a', 1_000)
const SECOND = running(2, 'worker-b', 5_000, { q: 1, t: [taken], su: true })
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
const body = (by: string, fence: number): WorkerLog => ({
  kind: 'body',
  by,
  process: 'c-1',
  effect: 'p/0',
  attempt: 1,
  fence,
})
const LOGS: WorkerLog[] = [
  { kind: 'started', by: 'worker-a', pid: 11 },
  { kind: 'started', by: 'worker-b', pid: 12 },
  body('worker-a', 1),
  body('worker-b', 2),
  { kind: 'ran-to-end', by: 'worker-b', process: 'c-1', fence: 2 },
]
const asked = new Map([['c-1', { id: 'c-1', program: PROGRAM, endless: false, cancelled: false }]])
const violationsIn = (changes: { writes?: Write[]; logs?: WorkerLog[] } = {}): string[] =>
  checkRun({ writes: WRITES, logs: LOGS, end: [], load: { asked, facts: [] }, ...changes }).map(
    ({ invariant }) => invariant,
  )

test('a run in which a killed owner is taken over and another ends the process breaks nothing', () => {
  expect(violationsIn()).toEqual([])
})

test('historyOf() puts bodies behind their claim and joins the two writes of a take-over', () => {
  const { facts, astray } = historyOf(WRITES, LOGS)
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
  expect(violationsIn({ writes: [...WRITES.slice(0, 3), write(SECOND, stale)] })).toContain(
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
  expect(violationsIn({ writes })).toEqual(['no completed effect runs again'])
})

test('an attempt begun twice under one claim, and a body without a claim, are seen', () => {
  expect(violationsIn({ logs: [...LOGS, body('worker-b', 2)] })).toEqual(['no completed effect runs again'])
  expect(violationsIn({ logs: [...LOGS, body('worker-a', 7)] })).toEqual(['no body without a claim'])
})

test('a wrong outcome, a process that stays open and one that is not there are seen', () => {
  const wrong = { ...DONE, o: { o: 'success', v: '"other"' } }
  expect(violationsIn({ writes: [...WRITES.slice(0, 3), write(SECOND, wrong)] })).toEqual([
    'the outcome is that of a crash-free run',
  ])
  expect(violationsIn({ writes: WRITES.slice(0, 3) })).toContain('every process ends')
  expect(violationsIn({ writes: [], logs: [] })).toEqual(['nothing is lost'])
})
