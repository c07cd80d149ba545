import { describe, expect, test } from 'vitest'
import { CompletionRefused, ProcessEnded } from '../../lib/model/errors.ts'
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../lib/model/record.ts'
import { expectCompletable, planRequest, readRequestRefusal } from '../../lib/model/requests.ts'
import { aRecord, T } from '../helpers/records.ts'

const STANDING = { at: T, reason: 'r' }

for (const kind of ['cancel', 'abandon'] as const) {
  describe(`a request to ${kind}`, () => {
    test('C29 is one entry, refused where one of its kind stands', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r', by: 'ana' }, T, 'running')
      expect(expected).toEqual({ statusIn: ['running'], absent: [kind] })
      expect(change).toEqual({
        set: { [kind]: { at: T, reason: 'r', by: 'ana' } },
        add: { seq: 1 },
        append: [{ type: kind, at: T, reason: 'r', by: 'ana' }],
      })
    })

    test('C31 makes what is not running due at once, and leaves out who asked where nobody is named', () => {
      const { expect: expected, change } = planRequest(kind, { reason: 'r' }, T, 'other')
      expect(expected.statusIn).toEqual(['pending', 'waiting', 'stuck'])
      expect(change.set).toEqual({ [kind]: STANDING, dueAt: T, belled: true })
      expect(change.append).toEqual([{ type: kind, at: T, reason: 'r' }])
    })

    test('C29 that was refused stands already, or meets another status', () => {
      for (const status of OPEN_STATUSES) {
        expect(readRequestRefusal(kind, aRecord({ status }))).toBe('other-status')
        expect(readRequestRefusal(kind, aRecord({ status, [kind]: STANDING }))).toBe('standing')
      }
      for (const status of TERMINAL_STATUSES) {
        expect(() => readRequestRefusal(kind, aRecord({ status, [kind]: STANDING }))).toThrow(ProcessEnded)
      }
    })
  })
}

describe('C22 a completion from outside', () => {
  test('needs recovery external and the token', () => {
    const external = aRecord({ status: 'waiting', recovery: 'external', completionHash: 'h1' })
    expect(() => expectCompletable(external, 'h1')).not.toThrow()
    expect(() => expectCompletable(external, 'h2')).toThrow(CompletionRefused)
    expect(() => expectCompletable(external, 'h2')).toThrow(/token is not that of/)
    expect(() => expectCompletable(aRecord({ status: 'waiting', completionHash: 'h1' }), 'h1')).toThrow(
      /run by workers/,
    )
    const tokenless = aRecord({ status: 'waiting', recovery: 'external' })
    expect(() => expectCompletable(tokenless, '')).toThrow(CompletionRefused)
  })
})
