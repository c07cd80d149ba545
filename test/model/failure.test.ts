import { describe, expect, test } from 'vitest'
import { LeaseLost, StepFailed } from '../../lib/model/errors.ts'
import { endedByAbort, factsOf } from '../../lib/model/failure.ts'
import { utf8Bytes } from '../../lib/model/json.ts'
import { ERROR_MESSAGE_MAX_BYTES } from '../../lib/model/limits.ts'

describe('C23 what is recorded of something thrown', () => {
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

describe('C30 a run that ended by its abort', () => {
  const reason = new Error('asked to stop')

  test('threw the reason, what it caused, or an AbortError', () => {
    expect(endedByAbort(reason, reason)).toBe(true)
    expect(endedByAbort(new Error('a', { cause: new Error('b', { cause: reason }) }), reason)).toBe(true)
    expect(endedByAbort(new DOMException('aborted', 'AbortError'), reason)).toBe(true)
  })

  test('threw nothing else', () => {
    expect(endedByAbort(new Error('asked to stop'), reason)).toBe(false)
    expect(endedByAbort('text', reason)).toBe(false)
    expect(endedByAbort(new Error('a', { cause: 'text' }), reason)).toBe(false)
  })

  test('is not looked for without end in causes that go in a circle', () => {
    const circle = new Error('a')
    circle.cause = circle
    expect(endedByAbort(circle, reason)).toBe(false)
  })
})

test('whatever is thrown has facts, also where its class lies about its fields, or nothing of it can be read', () => {
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
