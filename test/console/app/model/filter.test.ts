import { expect, test } from 'vitest'
import { filterOf, filterQuery } from '../../../../lib/console/app/model/filter.ts'

test('the filters of the list survive in the address, a kind before a scope', () => {
  const filter = { kind: 'order', status: 'failed', from: 60_000, to: 120_000 } as const
  expect(filterOf(new URLSearchParams(filterQuery(filter)))).toEqual(filter)
  expect(filterOf(new URLSearchParams('kind=a&scope=b&status=no&from=soon'))).toEqual({ kind: 'a' })
  expect(filterQuery({})).toBe('')
})
