import { expect, test } from 'vitest'
import { failingStep, JournalIndex, ownEntries, unreadSignals } from '../../lib/model/journal.ts'
import type { Entry, LogEntry } from '../../lib/model/log.ts'
import { readable } from '../../lib/model/log.ts'

const signal = (name: string, key: string): Entry => ({
  type: 'signal',
  at: 0,
  name,
  key,
  payload: { value: key },
})
const effect = (position: number, kind: 'step' | 'signal' | 'callback', value?: number | string): Entry => ({
  type: 'effect',
  at: 0,
  position,
  effect: kind,
  name: 'e',
  outcome: value === undefined ? { ok: true } : { ok: true, value: { value } },
})
const numbered = (entries: readonly Entry[], from = 1): LogEntry[] =>
  entries.map((entry, index) => ({ ...entry, seq: from + index }))

const LOG = numbered([
  { type: 'begin', at: 0, position: 4, effect: 'sleep', name: 's', dueAt: 9 },
  signal('go', 'a'),
  effect(0, 'step', 7),
  signal('go', 'b'),
  effect(1, 'signal', 2),
  { type: 'attempt', at: 0, position: 9, name: 'f', error: { class: 'E', code: 'e', message: '' }, dueAt: 1 },
  { type: 'reply', at: 0, position: 5, outcome: { ok: true } },
  { type: 'reply', at: 1, position: 5, outcome: { ok: true } },
  { type: 'child', at: 0, id: 'c', status: 'completed' },
  { type: 'child', at: 1, id: 'c', status: 'completed' },
  { ...effect(2, 'signal'), outcome: { ok: false, error: { class: 'E', code: 'e', message: '' } } } as Entry,
])

test('a log is sorted by what is looked for, the first of what counts once, also as it grows', () => {
  const index = new JournalIndex()
  index.add(LOG.slice(0, 3))
  index.add(LOG.slice(3))
  expect(index.begun.get(4)).toMatchObject({ dueAt: 9 })
  expect(index.attempts.get(9)).toHaveLength(1)
  expect(index.signals.get('go')?.map(({ seq }) => seq)).toEqual([2, 4])
  expect(index.signalAt.get(4)).toMatchObject({ key: 'b' })
  expect([...index.taken]).toEqual([2])
  expect(index.replies.get(5)).toMatchObject({ at: 0 })
  expect(index.children.get('c')).toMatchObject({ at: 0 })
})

test('the entries of a process’s own code are counted apart from those of others', () => {
  expect(ownEntries(LOG)).toEqual({ count: 5, last: 9 })
  expect(ownEntries([])).toEqual({ count: 0, last: -1 })
})

test('a reader gets every entry as it is, but for the secret of a callback', () => {
  for (const entry of LOG) expect(readable(entry)).toEqual(entry)
  const [opened] = numbered([effect(3, 'callback', 'secret')])
  expect(JSON.stringify(readable(opened!))).not.toContain('secret')
  expect(readable(opened!)).toMatchObject({ seq: 1, position: 3, outcome: { ok: true } })
})

test('signals are unread until a wait takes them, also one whose schema refuses or changes them', () => {
  const log = numbered(
    [signal('go', 'a'), signal('aprove', 'b'), signal('go', 'c'), signal('aprove', 'd')],
    7,
  )
  expect(unreadSignals(log)).toEqual(['go', 'aprove'])
  const refused: Entry = {
    ...effect(2, 'signal'),
    outcome: { ok: false, error: { class: 'E', code: 'e', message: '' }, took: 8 },
  } as Entry
  const takes = numbered([effect(0, 'signal', 7), effect(1, 'signal', 9), refused], 11)
  expect(unreadSignals([...log, ...takes])).toEqual(['aprove'])
  expect(unreadSignals([])).toEqual([])
})

test('a step fails from its failed attempt to its outcome, and the last failed one is shown', () => {
  const failed = (position: number, at: number): Entry => ({
    type: 'attempt',
    at,
    position,
    name: `step ${position}`,
    error: { class: 'E', code: 'e', message: `at ${at}` },
    dueAt: at + 9,
  })
  const log = numbered([failed(0, 1), failed(1, 2), failed(0, 3)])
  expect(failingStep(log)).toMatchObject({
    name: 'step 0',
    attempts: 2,
    at: 3,
    dueAt: 12,
    error: { message: 'at 3' },
  })
  expect(failingStep([...log, ...numbered([effect(0, 'step')], 4)])).toMatchObject({
    name: 'step 1',
    attempts: 1,
  })
  expect(failingStep(numbered([failed(0, 1), effect(0, 'step')]))).toBeUndefined()
  expect(failingStep([])).toBeUndefined()
})
