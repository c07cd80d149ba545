import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { lineOf } from '../../../lib/cli/dev/printing.ts'
import type { LocalEvent } from '../../../lib/local/events.ts'

const worker = { function: 'worker', pid: 42 }

function shown(event: LocalEvent): string | undefined {
  const line = lineOf(event)
  return line === undefined ? undefined : stripVTControlCharacters(line)
}

test('a log line of a handler is shown as its message and facts', () => {
  const line = JSON.stringify({
    level: 'WARN',
    message: 'lease lost',
    timestamp: '2026-01-01T00:00:00Z',
    service: 's',
    cold_start: true,
    function_name: 'f',
    facts: { id: 'order-7', fence: 3 },
    more: true,
  })
  expect(shown({ type: 'log', ...worker, stream: 'stdout', line })).toBe(
    'worker   42  lease lost more=true id=order-7 fence=3',
  )
})

test('the stack of a logged error stands below its line', () => {
  const line = JSON.stringify({
    level: 'ERROR',
    message: 'broke',
    error: { message: 'm', stack: 'E: m\n at x' },
  })
  expect(shown({ type: 'log', ...worker, stream: 'stdout', line })).toBe(
    'worker   42  broke\n    E: m\n     at x',
  )
})

test('causes and gathered errors stand below the error that has them', () => {
  const gathered = { message: 'b', stack: 'B: b\n at y', cause: { message: 'c' } }
  const error = { message: 'm', stack: 'E: m\n at x', cause: { message: 'a', errors: [gathered] } }
  const line = JSON.stringify({ level: 'ERROR', message: 'broke', error })
  expect(shown({ type: 'log', ...worker, stream: 'stdout', line })?.split('\n')).toEqual(
    [
      'worker   42  broke',
      'E: m',
      ' at x',
      'caused by',
      'a',
      'gathered',
      'B: b',
      ' at y',
      'caused by',
      'c',
    ].map((text, index) => (index === 0 ? text : `    ${text}`)),
  )
})

test('metrics are not shown, other text is', () => {
  expect(shown({ type: 'log', ...worker, stream: 'stdout', line: '{"_aws":{},"Count":1}' })).toBeUndefined()
  expect(shown({ type: 'log', ...worker, stream: 'stderr', line: '{not json' })).toBe(
    'worker   42  {not json',
  )
})

test('the death of a worker is printed once, with its cause', () => {
  const error = { type: 'Runtime.ExitError', message: 'signal: SIGKILL' }
  expect(
    shown({ type: 'environment-ended', ...worker, because: 'crashed', how: 'signal: SIGKILL' }),
  ).toContain('ended (signal: SIGKILL)')
  expect(shown({ type: 'invoked', ...worker, outcome: 'crashed', tookMs: 5, error })).toBeUndefined()
  expect(shown({ type: 'environment-ended', ...worker, because: 'stopped', how: 'x' })).toBeUndefined()
})

test('an event of the bus is one line that names what happened and holds all of it', () => {
  const detail = { id: 'order-7', status: 'completed', output: { text: 'two\nlines' } }
  const event = { id: '1', source: 'leasehold', 'detail-type': 'Process Completed', time: 't', detail }
  expect(shown({ type: 'outcome', event })).toBe(`event    Process Completed  ${JSON.stringify(detail)}`)
})

test('records that come again are told, and a batch that went well is not', () => {
  expect(shown({ type: 'stream-batch', received: ['1', '2'], failed: [] })).toBeUndefined()
  expect(shown({ type: 'stream-batch', received: ['1', '2'], failed: ['2'] })).toBe(
    'stream   1 of 2 records failed; the stream delivers them again',
  )
})
