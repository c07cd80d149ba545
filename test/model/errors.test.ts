import { describe, expect, test } from 'vitest'
import * as errors from '../../lib/model/errors.ts'
import { LeaseholdError } from '../../lib/model/errors.ts'

describe('an error', () => {
  test('has a name, a code, facts and its cause', () => {
    const cause = new Error('socket')
    const error = new errors.StoreUnavailable({ operation: 'put', tries: 8, reason: 'throttled' }, cause)
    expect(error).toBeInstanceOf(LeaseholdError)
    expect(error).toMatchObject({
      name: 'StoreUnavailable',
      code: 'store_unavailable',
      blame: 'platform',
      next: 'retry',
      cause,
    })
    expect(error.facts).toEqual({ operation: 'put', tries: 8, reason: 'throttled' })
    expect(new errors.UnknownProcess({ id: 'a' })).not.toHaveProperty('cause')
  })

  test('of a value shows it short, and never the content of an object', () => {
    const shown = (got: unknown) => new errors.InvalidId({ field: 'id', got, pattern: 'p' }).message
    expect(shown('a b')).toBe('id: expected letters, digits and . _ : - only; "a b" has a space')
    expect(shown('x'.repeat(80))).toContain(`"${'x'.repeat(80)}"`)
    expect(shown('x'.repeat(500))).toContain(`"${'x'.repeat(77)}"… (500 characters)`)
    expect(shown({ secret: 1 })).toBe('id: expected a text of 1 to 256 characters, got object')
    expect(shown(null)).toBe('id: expected a text of 1 to 256 characters, got null')
    expect(shown(undefined)).toBe('id: expected a text of 1 to 256 characters, got undefined')
  })

  test('of an input lists each issue with its path', () => {
    const issues = [
      { path: 'a.b', message: 'is missing' },
      { path: '', message: 'is no object' },
    ]
    expect(new errors.InvalidInput({ what: 'the input', issues }).message).toBe(
      'the input is not valid: a.b: is missing; is no object',
    )
    expect(new errors.InvalidConfig({ issues: [issues[0]!] }).message).toContain('a.b: is missing')
  })

  test('has a class of its own for each code', () => {
    const classes = Object.values(errors).filter((each) => each !== LeaseholdError)
    const codes = classes.map((each) => {
      const Class = each as unknown as new (facts: object) => LeaseholdError
      const facts = {
        issues: [],
        known: [],
        error: { class: 'c', code: 'd', message: 'm' },
        because: 'token',
        got: '',
        keptUntil: 0,
        reason: 'r',
        path: '$.a',
        found: 'a Date',
      }
      return new Class(facts).code
    })
    expect(codes.every((code) => /^[a-z][a-z_]+$/.test(code))).toBe(true)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('says what is wrong for each reason', () => {
    const reasons = (['token', 'disposition'] as const).map(
      (because) => new errors.CompletionRefused({ id: 'a', because }).message,
    )
    expect(new Set(reasons).size).toBe(2)
    expect(new errors.ProcessStuck({ id: 'a', because: 'at effect 3' }).message).toMatch(
      /^a is stuck \(at effect 3\);/,
    )
    expect(new errors.ProcessStuck({ id: 'a' }).message).toMatch(/^a is stuck;/)
    expect(new errors.InvariantBroken('it holds').message).toBe('broken invariant: it holds {}')
  })
})
