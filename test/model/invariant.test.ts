import { expect, test } from 'vitest'
import { InvariantBroken } from '../../lib/model/errors.ts'
import { invariant, unreachable } from '../../lib/model/invariant.ts'

test('an invariant that holds is silent, one that does not throws with its facts', () => {
  expect(() => invariant(true, 'a')).not.toThrow()
  expect(() => invariant(false, 'fences only grow', { before: 2, after: 1 })).toThrow(InvariantBroken)
  expect(() => invariant(false, 'fences only grow', { before: 2 })).toThrow(
    'broken invariant: fences only grow {"before":2}',
  )
})

test('a case that cannot be reached throws with its value, if it is', () => {
  expect(() => unreachable('x' as never, 'all cases are known')).toThrow(/all cases are known.*"x/)
  expect(() => unreachable(undefined as never, 'all cases are known')).toThrow(InvariantBroken)
})
