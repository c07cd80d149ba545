import { describe, expect, test } from 'vitest'
import { InvalidId, RegistrationConflict } from '../../lib/model/errors.ts'
import { expectSameRegistration, registrationHash, toRegistration } from '../../lib/model/registration.ts'
import { ID } from '../helpers/records.ts'

const RAW = { id: 'order-7', kind: 'orders.charge', input: { b: 1, a: [1, { d: 1, c: 2 }] } }

describe('a registration', () => {
  test('is re-run by default, and keeps what it was given', () => {
    expect(toRegistration(RAW)).toEqual({ ...RAW, recovery: 'rerun' })
    expect(toRegistration({ ...RAW, recovery: 'external', scope: 't' })).toEqual({
      ...RAW,
      recovery: 'external',
      scope: 't',
    })
  })

  test('with an id, kind or scope outside its alphabet is rejected, naming the field [C4]', () => {
    expect(() => toRegistration({ ...RAW, id: 'a b' })).toThrow(/^id: expected/)
    expect(() => toRegistration({ ...RAW, kind: '' })).toThrow(/^kind: expected/)
    expect(() => toRegistration({ ...RAW, scope: 'ä' })).toThrow(/^scope: expected/)
    expect(() => toRegistration({ ...RAW, kind: 'x'.repeat(129) })).toThrow(InvalidId)
  })

  test('has a hash that the order of keys and absent fields do not change [C3]', () => {
    const hash = registrationHash(toRegistration(RAW))
    expect(hash).toMatch(/^[\w-]{43}$/)
    const reordered = {
      input: { a: [1, { c: 2, d: 1 }], b: 1 },
      kind: RAW.kind,
      id: RAW.id,
      scope: undefined,
    }
    expect(registrationHash(toRegistration(reordered))).toBe(hash)
  })

  test('has a hash of its own for each difference [C3]', () => {
    const differences = [
      {},
      { id: 'order-8' },
      { kind: 'orders.refund' },
      { input: null },
      { recovery: 'abandon' },
      { scope: 't' },
      { provenance: { source: 's' } },
      { provenance: { retryOf: 's' } },
      { limits: { maxStalls: 1 } },
      { limits: { retentionMs: 1 } },
      { events: [] },
      { events: ['a', 'b'] },
      { events: ['b', 'a'] },
    ] as const
    const hashes = differences.map((difference) =>
      registrationHash(toRegistration({ ...RAW, ...difference })),
    )
    expect(new Set(hashes).size).toBe(differences.length)
  })

  test('conflicts with another hash, and names both [C2]', () => {
    expect(() => expectSameRegistration(ID, { stored: 'a', asked: 'b' }, () => 'input.n')).toThrow(
      RegistrationConflict,
    )
    expect(() => expectSameRegistration(ID, { stored: 'a', asked: 'b' }, () => 'input.n')).toThrow(
      /they differ in input\.n; stored a, asked b/,
    )
    expect(() => expectSameRegistration(ID, { stored: 'a', asked: 'a' }, () => '')).not.toThrow()
  })
})
