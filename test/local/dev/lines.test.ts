import { expect, test } from 'vitest'
import { issueLines, statusWords, replayLines, verdictLine } from '../../../lib/local/dev/lines.ts'
import type { ReplayVerdict } from '../../../lib/testing/replay-history.ts'

const of = { id: 'o-1', kind: 'order' }
const diverges: ReplayVerdict = {
  ...of,
  verdict: 'diverges',
  position: 2,
  recorded: 'step "a"',
  asked: 'step "b"',
  at: 'order.ts:7:3',
}
const continues: ReplayVerdict = { ...of, verdict: 'frontier', ends: false }

test('verdictLine() says what the code makes of a process', () => {
  expect(verdictLine(diverges)).toBe(
    'o-1 (order) diverges at effect 2: recorded step "a", asked step "b" at order.ts:7:3',
  )
  expect(verdictLine(continues)).toBe('o-1 (order) reaches its frontier')
  expect(verdictLine({ ...continues, ends: true })).toBe('o-1 (order) reaches its frontier and ends there')
  expect(verdictLine({ ...of, verdict: 'same-end' })).toBe('o-1 (order) comes to the same end')
})

test('replayLines() counts, and names those that could not continue', () => {
  expect(replayLines([], false)).toEqual([])
  expect(replayLines([continues], false)).toEqual(['1 open process: 1 continue'])
  const unusable: ReplayVerdict = { ...of, verdict: 'unusable', because: 'no code' }
  expect(replayLines([continues, diverges, unusable], true)).toEqual([
    '3 open processes of more: 1 continue, 1 would be stuck, 1 cannot be replayed',
    verdictLine(diverges),
    'o-1 (order) cannot be replayed: no code',
  ])
})

test('statusWords() says each start and end, and what a process waits for', () => {
  const detail = {
    ...of,
    createdAt: 1_000,
    endedAt: 2_234,
    error: { class: 'RangeError', message: 'no stock' },
  }
  expect(statusWords('Process Started', detail)).toBe('o-1 (order) started')
  expect(statusWords('Process Parked', { ...of, waitingFor: { for: 'effects', on: ['sleep nap'] } })).toBe(
    'o-1 (order) waits for sleep nap',
  )
  expect(statusWords('Process Completed', detail)).toBe('o-1 (order) completed after 1.2 s')
  expect(statusWords('Process Failed', detail)).toBe('o-1 (order) failed after 1.2 s: RangeError: no stock')
  expect(statusWords('Process Resumed', detail)).toBeUndefined()
})

test('flawLines() puts the place first', () => {
  expect(issueLines([{ at: 'a.ts:1:2', text: 'bad' }, { text: 'worse' }])).toEqual(['a.ts:1:2 bad', 'worse'])
})
