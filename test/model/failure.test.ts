import { describe, expect, test } from 'vitest'
import { LeaseLost, ProcessCancelled, ProcessTimedOut, StepFailed } from '../../lib/model/errors.ts'
import { endIn, factsOf, storableFacts } from '../../lib/model/failure.ts'
import { utf8Bytes } from '../../lib/model/json.ts'
import { ERROR_MESSAGE_MAX_BYTES } from '../../lib/model/limits.ts'
import { INNER_DEPTH_MAX, INNER_ERRORS_MAX } from '../../lib/model/limits-errors.ts'
import type { ErrorFacts } from '../../lib/model/recorded-error.ts'
import { RecordedError } from '../../lib/model/recorded-error.ts'

describe('what is recorded of something thrown [C23]', () => {
  test('is class, code and message, and never a stack', () => {
    class CardDeclined extends Error {
      readonly code = 'declined'
    }
    expect(factsOf(new CardDeclined('no'), 'failed')).toEqual({
      class: 'CardDeclined',
      code: 'declined',
      message: 'no',
    })
    expect(factsOf(new TypeError('bad'), 'failed')).toEqual({
      class: 'TypeError',
      code: 'failed',
      message: 'bad',
    })
    expect(factsOf(Object.assign(new Error('x'), { code: 7 }), 'failed')).toMatchObject({
      class: 'Error',
      code: 'failed',
    })
  })

  test('of an error of ours is its name and code', () => {
    const lost = new LeaseLost({ id: 'a', fence: 1, because: 'b' })
    expect(factsOf(lost, 'failed')).toMatchObject({ class: 'LeaseLost', code: 'lease_lost' })
  })

  test('of a step is what its body threw', () => {
    const error = { class: 'E', code: 'c', message: 'm' }
    expect(factsOf(new StepFailed({ name: 'charge', error }), 'failed')).toEqual(error)
  })

  test('of anything else says what it was, even of what cannot be shown', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const thrown: readonly [unknown, string][] = [
      ['text', 'thrown: text'],
      [7, 'thrown: 7'],
      [undefined, 'thrown: undefined'],
      [null, 'thrown: null'],
      [{ a: 1 }, 'thrown: {"a":1}'],
      [cycle, 'thrown: [object Object]'],
      [{ toJSON: () => undefined }, 'thrown: object'],
    ]
    for (const [value, message] of thrown) {
      expect(factsOf(value, 'failed')).toEqual({ class: 'NonError', code: 'failed', message })
    }
  })

  test('is cut to its limits', () => {
    const error = Object.assign(new Error('é'.repeat(5_000)), {
      name: 'N'.repeat(500),
      code: 'C'.repeat(500),
    })
    const facts = factsOf(error, 'failed')
    expect(utf8Bytes(facts.message)).toBeLessThanOrEqual(ERROR_MESSAGE_MAX_BYTES)
    expect([facts.class, facts.code].every((each) => utf8Bytes(each) <= 200)).toBe(true)
  })
})

describe('the errors in an error [C59]', () => {
  test('are recorded: its causes, and what it gathered', () => {
    const error = new AggregateError([new TypeError('a', { cause: new Error('b') }), 'text'], 'all', {
      cause: Object.assign(new Error('c'), { $metadata: { httpStatusCode: 400 } }),
    })
    expect(factsOf(error, 'failed')).toEqual({
      class: 'AggregateError',
      code: 'failed',
      message: 'all',
      cause: { class: 'Error', code: 'failed', message: 'c', status: 400 },
      errors: [
        {
          class: 'TypeError',
          code: 'failed',
          message: 'a',
          cause: { class: 'Error', code: 'failed', message: 'b' },
        },
        { class: 'NonError', code: 'failed', message: 'thrown: text' },
      ],
    })
  })

  test('are recorded of a SuppressedError', () => {
    const error = new SuppressedError(new Error('disposal'), new Error('first'), 'both')
    expect(factsOf(error, 'failed').errors).toMatchObject([{ message: 'disposal' }, { message: 'first' }])
  })

  test('do not contain a cause that is no error, which may be any value', () => {
    expect(factsOf(new Error('x', { cause: { card: '4111' } }), 'failed')).toEqual({
      class: 'Error',
      code: 'failed',
      message: 'x',
    })
  })

  test('are bounded in number, depth and bytes, in circles too', () => {
    const circle = new AggregateError([], 'm'.repeat(5_000))
    circle.errors = Array.from({ length: 1_000 }, () => circle)
    circle.cause = circle
    const facts = factsOf(circle, 'failed')
    let count = 0
    const depth = (at: ErrorFacts): number => {
      count += 1
      return (
        1 + Math.max(0, ...[at.cause, ...(at.errors ?? [])].flatMap((each) => (each ? [depth(each)] : [])))
      )
    }
    expect([depth(facts), count]).toEqual([INNER_DEPTH_MAX + 1, INNER_ERRORS_MAX + 1])
    expect(utf8Bytes(JSON.stringify(facts))).toBeLessThan(8_000)
    // What a caller gives is cut the same way.
    const given: { class: string; code: string; message: string; cause?: ErrorFacts } = { ...facts }
    given.cause = given
    expect(storableFacts(given).errors).toBeUndefined()
  })

  test('come back from an error that was made from them', () => {
    const facts = factsOf(new AggregateError([new Error('a')], 'b', { cause: new TypeError('c') }), 'failed')
    expect(factsOf(new RecordedError(facts), 'other')).toEqual(facts)
    expect(new RecordedError(facts)).toMatchObject({
      name: 'AggregateError',
      code: 'failed',
      cause: { name: 'TypeError' },
      errors: [{ message: 'a' }],
    })
  })
})

describe('a run that ended by its abort [C30]', () => {
  const reason = new ProcessCancelled({ id: 'p', reason: 'enough' })

  test('threw the reason, what it caused or was gathered with, or an AbortError', () => {
    expect(endIn(reason, reason)).toBe(reason)
    expect(endIn(new Error('a', { cause: new Error('b', { cause: reason }) }), reason)).toBe(reason)
    expect(endIn(new AggregateError([reason, new Error('b', { cause: reason })]), reason)).toBe(reason)
    expect(endIn(new AggregateError([reason, reason]), reason)).toBe(reason)
    expect(endIn(new DOMException('aborted', 'AbortError'), reason)).toBe(reason)
  })

  test('ended by what its effects threw, whatever its signal says', () => {
    const timedOut = new ProcessTimedOut({ id: 'p', timeoutMs: 1 })
    expect(endIn(new AggregateError([new DOMException('aborted', 'AbortError'), timedOut]), reason)).toBe(
      timedOut,
    )
    expect(endIn(timedOut, undefined)).toBe(timedOut)
  })

  test('threw nothing else', () => {
    expect(endIn(new Error(`after: ${reason.message}`), reason)).toBeUndefined()
    expect(endIn('text', reason)).toBeUndefined()
    expect(endIn(new AggregateError([reason, new Error('a failure of its own')]), reason)).toBeUndefined()
    expect(endIn(new AggregateError([]), reason)).toBeUndefined()
    expect(endIn(new Error('a', { cause: 'text' }), reason)).toBeUndefined()
    expect(endIn(new DOMException('aborted', 'AbortError'), new Error('the host stops'))).toBeUndefined()
  })

  test('is not looked for without end in causes that go in a circle', () => {
    const circle = new Error('a')
    circle.cause = circle
    expect(endIn(circle, reason)).toBeUndefined()
  })
})

test('any thrown value has facts, also when its class lies or nothing of it can be read', () => {
  const hostile = new Proxy(new Error('x'), {
    getPrototypeOf: () => {
      throw new Error('no')
    },
  })
  expect(factsOf(hostile, 'c')).toMatchObject({ class: 'NonError', code: 'c' })
  expect(factsOf(Object.assign(new Error('x'), { message: 7, name: null }), 'c')).toMatchObject({
    class: 'null',
    message: '7',
  })
  expect(factsOf(Object.assign(new Error('a\ud800b'), { code: '\udc00' }), 'c')).toMatchObject({
    code: '\ufffd',
    message: 'a\ufffdb',
  })
})
