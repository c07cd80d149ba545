import { expect, test } from 'vitest'
import { readHistory, writeHistory, type History } from '../../lib/testing/history.ts'
import { parseProcessId } from '../../lib/model/ids.ts'

const SOUND: History = {
  format: 'leasehold-history',
  version: 1,
  process: { id: 'p-1', kind: 'p', status: 'waiting', fence: 2, input: { value: { a: 1 } } },
  entries: [
    { seq: 1, type: 'effect', at: 5, position: 0, effect: 'step', name: 'bill', outcome: { ok: true } },
    { seq: 2, type: 'signal', at: 6, name: 'paid', key: 'k', payload: { ref: 'r', bytes: 9 } },
    {
      seq: 3,
      type: 'attempt',
      at: 7,
      position: 1,
      name: 'ship',
      error: { class: 'Error', code: 'process_failed', message: 'busy' },
      dueAt: 8,
    },
    { seq: 4, type: 'child', at: 9, id: parseProcessId('c'), status: 'completed' },
  ],
  payloads: { r: [1, 2] },
}

test('readHistory() returns what writeHistory() wrote', () => {
  expect(readHistory(writeHistory(SOUND), 'p.json')).toEqual(SOUND)
})

const { entries, ...rest } = SOUND
const [first, ...others] = entries

test.each<readonly [string, string, string]>([
  ['no JSON', '{"format":', 'p.json cannot be replayed: it is no JSON'],
  ['another file', '{"name":"x"}', 'p.json cannot be replayed: it is no history of a process'],
  ['null', 'null', 'p.json cannot be replayed: it is no history of a process'],
  [
    'another version',
    JSON.stringify({ ...SOUND, version: 2 }),
    'p.json cannot be replayed: its version is 2, and this release reads version 1: write it again',
  ],
  ['a history without entries', JSON.stringify(rest), 'p.json cannot be replayed: at entries: '],
  [
    'an unknown entry',
    JSON.stringify({ ...SOUND, entries: [{ ...first, type: 'leap' }, ...others] }),
    'p.json cannot be replayed: at entries.0.type: ',
  ],
  [
    'an effect without an outcome',
    JSON.stringify({ ...SOUND, entries: [{ ...first, outcome: undefined }, ...others] }),
    'p.json cannot be replayed: at entries.0.outcome: ',
  ],
  [
    'a log with a gap',
    JSON.stringify({ ...SOUND, entries: others }),
    'p.json cannot be replayed: entry 1 has the number 2',
  ],
])('readHistory() refuses %s with a sentence', (_, text, sentence) => {
  expect(() => readHistory(text, 'p.json')).toThrow(
    expect.objectContaining({ code: 'history_unusable', message: expect.stringContaining(sentence) }),
  )
})
