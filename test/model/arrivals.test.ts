import { describe, expect, test } from 'vitest'
import { awaits, parkedFor, takenAs, takenBy } from '../../lib/model/arrivals.ts'
import { WAITS_SHOWN } from '../../lib/model/limits.ts'
import type { ArrivalEntry } from '../../lib/model/log.ts'
import { T } from '../helpers/records.ts'

const GO: Extract<ArrivalEntry, { type: 'signal' }> = {
  type: 'signal',
  at: T,
  name: 'go',
  key: 'k',
  payload: { value: 1 },
}
const REPLY: ArrivalEntry = { type: 'reply', at: T, position: 3, outcome: { ok: true } }
const CHILD: ArrivalEntry = { type: 'child', at: T, id: 'order-7.3', status: 'completed' }
const many = (kind: string) => Array.from({ length: WAITS_SHOWN }, (_, n) => `${kind} "${n}"`)

describe('what a parked row says of its waits', () => {
  test('is their titles, and no kinds when each title tells its arrival', () => {
    const on = ['sleep "nap"', 'signal "go"', 'child "order-7.3"']
    expect(parkedFor(on, [])).toEqual({ for: 'effects', on })
  })

  test('has the kind of a reply, whose position no title tells', () => {
    expect(parkedFor(['reply "pay"'], [])).toEqual({ for: 'effects', on: ['reply "pay"'], anyOf: ['reply'] })
  })

  test('has the kinds of those that are not shown', () => {
    const on = many('sleep')
    expect(parkedFor(on, ['child', 'signal'])).toEqual({ for: 'effects', on, anyOf: ['signal', 'child'] })
  })

  test('has no kinds when all are shown, however many, and says so', () => {
    expect(parkedFor(many('sleep'), [])).toEqual({ for: 'effects', on: many('sleep'), anyOf: [] })
    expect(awaits(parkedFor(many('sleep'), []), GO)).toBe(false)
  })
})

test('a wait takes a signal by its name, a reply by its position, a child’s end by its id', () => {
  expect([GO, REPLY, CHILD].map(takenBy)).toEqual([
    { kind: 'signal', what: 'go' },
    { kind: 'reply', what: 3 },
    { kind: 'child', what: 'order-7.3' },
  ])
})

describe('a parked process', () => {
  test('awaits an arrival that a shown title names, or whose kind may be of any', () => {
    expect(awaits(parkedFor(['signal "go"'], []), GO)).toBe(true)
    expect(awaits(parkedFor(['child "order-7.3"'], []), CHILD)).toBe(true)
    expect(awaits(parkedFor(['reply "pay"'], []), REPLY)).toBe(true)
    expect(awaits(parkedFor(many('sleep'), ['signal']), GO)).toBe(true)
  })

  test('awaits a reply in a row of an earlier worker, which named no kinds', () => {
    expect(awaits({ for: 'effects', on: ['reply "pay"'] }, REPLY)).toBe(true)
    expect(awaits({ for: 'effects', on: many('child') }, GO)).toBe(true)
  })

  test('does not await another name, another kind, or anything when it waits for no effect', () => {
    const wait = parkedFor(['signal "going"', 'signal "o"', 'child "go"', 'reply "go"'], [])
    expect(awaits(wait, GO)).toBe(false)
    expect(awaits(parkedFor(['signal "order-7.3"', 'child "order-7"'], []), CHILD)).toBe(false)
    expect(awaits(parkedFor(['signal "pay"'], []), REPLY)).toBe(false)
    expect(awaits({ for: 'worker' }, GO)).toBe(false)
    expect(awaits({ for: 'slot', key: 'k' }, CHILD)).toBe(false)
  })

  test('gets a name as its wait shows it, whatever characters the name has', () => {
    const name = 'a "b"\n\\é'
    expect(takenAs({ ...GO, name })).toBe(`signal ${JSON.stringify(name)}`)
    expect(takenAs(REPLY)).toBeUndefined()
  })
})
