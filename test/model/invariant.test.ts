import { expect, test } from 'vitest'
import { InvariantBroken } from '../../lib/model/errors.ts'
import { invariant } from '../../lib/model/invariant.ts'

test('an invariant that holds is silent, one that does not throws with its facts', () => {
  expect(() => invariant(true, 'a')).not.toThrow()
  expect(() => invariant(false, 'fences only grow', { before: 2, after: 1 })).toThrow(InvariantBroken)
  expect(() => invariant(false, 'fences only grow', { before: 2 })).toThrow(
    'broken invariant: fences only grow {"before":2}',
  )
})
