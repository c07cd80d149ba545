import { describe, expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import { broken, soundCallback, type Facts } from './sample.ts'

const DAY_MS = 86_400_000
const KEPT_MS = 30 * DAY_MS
const FREE_MS = 45 * DAY_MS
const MINUTE_MS = 60_000
const EXPIRED: Expectations = { processes: new Map(), expired: true }
const KEPT = 'an ended process is kept for its time'
const USED = 'an id is known as used'

/** The process of the sound history ends at 62 ms. */
const facts = soundCallback()
const BLOB = { pk: 'P#q', sk: 'BLOB#v' }
const ROW = { pk: 'P#q', sk: 'PROCESS' }

function removed(at: number, key: { pk: string; sk: string } = ROW): Fact {
  const before = facts.findLast((fact) => fact.kind === 'write' && fact.sk === key.sk)
  const item = before?.kind === 'write' ? before.after : undefined
  return { at, kind: 'write', by: 'ttl', ...key, before: item, after: undefined }
}

function madeAnew(at: number): Facts {
  return soundCallback().map((fact) => ({ ...fact, at: at + fact.at }))
}

/** The same, with an output that stands in an item of its own. */
function withOutput(all: Facts, ref: string): Facts {
  return all.map((fact): Fact => {
    const isEnd = fact.kind === 'write' && fact.sk === 'PROCESS' && fact.after?.['s'] === 'completed'
    return isEnd ? { ...fact, after: { ...fact.after, o: { o: 'success', v: { r: ref, n: 3 } } } } : fact
  })
}

const kept = {
  at: 63,
  kind: 'write',
  by: 'w2',
  ...BLOB,
  before: undefined,
  after: { ...BLOB, j: '1' },
} as const
const told = (at: number): Fact => ({ at, kind: 'started', process: 'q' })
const refused = (at: number): Fact => ({
  at,
  kind: 'refused',
  process: 'q',
  asked: 'start',
  code: 'no_longer_retained',
})

test('a process that goes in its time, and whose id is used again, breaks nothing', () => {
  const late = KEPT_MS + MINUTE_MS
  const gone: Facts = [
    ...facts,
    kept,
    told(100),
    removed(KEPT_MS + 62, BLOB),
    refused(late),
    removed(FREE_MS + 62),
  ]
  expect(broken(gone, EXPIRED)).toEqual([])
  expect(broken([...gone, ...madeAnew(FREE_MS + 100)])).toEqual([])
})

test('a world whose items do not expire has no dependents to notify', () => {
  expect(broken([...facts, kept])).toEqual([])
})

test('an input stays if its worker died after the put, and not if it lived on', () => {
  const input = { ...kept, sk: 'BLOB#i-other', after: { ...BLOB, sk: 'BLOB#i-other', j: '1' } }
  const left: Facts = [...facts, input, removed(FREE_MS + 62)]
  expect(broken(left, EXPIRED)).toContain('nothing is left over')
  expect(broken([...left, { at: 64, kind: 'fell', by: 'w2' }], EXPIRED)).toEqual([])
  expect(broken([{ at: 1, kind: 'fell', by: 'w2' }, ...left], EXPIRED)).toContain('nothing is left over')
})

test('the output of an owner that was overtaken may go before the recorded one', () => {
  const output = (sk: string): Facts => {
    const item = { ...BLOB, sk, after: { ...BLOB, sk, j: '1' } }
    return [...facts, { ...kept, ...item }, removed(KEPT_MS + 61, { pk: 'P#q', sk })]
  }
  expect(broken(output('BLOB#o-1-hash'))).toEqual([])
  expect(broken(withOutput(output('BLOB#o-2-hash'), 'o-2-hash'))).toContain(KEPT)
})

describe('a history is refused in which', () => {
  const CASES: { readonly [what: string]: readonly [string, Facts, Expectations?] } = {
    'an item of an open process goes': [KEPT, [...facts.slice(0, -1), removed(100 * DAY_MS, BLOB)]],
    'an item beside the row goes too early': [KEPT, [...facts, kept, removed(KEPT_MS + 61, BLOB)]],
    'the row goes too early': [KEPT, [...facts, removed(FREE_MS + 61)]],
    'an id is used again too early': [USED, [...facts, removed(FREE_MS + 62), ...madeAnew(FREE_MS)]],
    'a start is accepted when its process is no longer kept': [
      USED,
      [...facts, told(KEPT_MS + 11 * MINUTE_MS)],
    ],
    'a start is refused as no longer kept while its process is kept': [
      KEPT,
      [...facts, refused(KEPT_MS - 11 * MINUTE_MS)],
    ],
    'a start is refused as no longer kept while its process is open': [
      KEPT,
      [...facts.slice(0, -1), refused(KEPT_MS)],
    ],
    'an item stays when all others have gone': [
      'nothing is left over',
      [...facts, kept, removed(FREE_MS + 62)],
      EXPIRED,
    ],
    'the row of an ended process stays': ['nothing is left over', facts, EXPIRED],
  }

  test.each(Object.entries(CASES))('%s', (_, [invariant, wrong, expectations]) => {
    expect(broken(wrong, expectations)).toContain(invariant)
  })
})
