import { describe, expect, test } from 'vitest'
import { WAITS_SHOWN } from '../../lib/model/limits.ts'
import type { Entry, LogEntry } from '../../lib/model/log.ts'
import { datedBefore, hasMoreWaits, openWaits } from '../../lib/model/open-waits.ts'
import type { ProcessRecord, Wait } from '../../lib/model/record.ts'
import { aRecord, T } from '../helpers/records.ts'

const ERROR = { class: 'E', code: 'e', message: 'm' }
const begin = (
  position: number,
  effect: 'sleep' | 'signal' | 'reply',
  name: string,
  dueAt: number,
): Entry => ({
  type: 'begin',
  at: T + position,
  position,
  effect,
  name,
  dueAt,
})
const ended = (position: number): Entry => ({
  type: 'effect',
  at: T,
  position,
  effect: 'sleep',
  name: 'nap',
  outcome: { ok: true },
})

/** Parked for these titles at T + 100, with these newest entries, and more before them. */
function parked(on: readonly string[], tail: readonly Entry[], more: Partial<ProcessRecord> = {}) {
  const wait: Wait = { for: 'effects', on, since: T + 100 }
  return aRecord({ status: 'waiting', wait, dueAt: T + 500, tail, seq: tail.length, ...more } as never)
}

describe('openWaits()', () => {
  test('dates each wait by the entry of its beginning, and others by the park', () => {
    const on = ['signal "a b"', 'reply "paid"', 'sleep "nap"', 'child order-7.3', 'step "charge"']
    const attempt = (at: number, dueAt: number): Entry => {
      return { type: 'attempt', at, position: 9, name: 'charge', error: ERROR, dueAt }
    }
    const tail = [
      begin(1, 'sleep', 'nap', T + 200),
      ended(1),
      begin(2, 'sleep', 'nap', T + 700),
      begin(3, 'reply', 'paid', T + 800),
      attempt(T + 1, T + 2),
      attempt(T + 3, T + 900),
    ]
    expect(openWaits(parked(on, tail))).toEqual([
      { for: 'signal', name: 'a b', since: T + 100 },
      { for: 'callback', name: 'paid', since: T + 3, until: T + 800 },
      { for: 'timer', name: 'nap', since: T + 2, until: T + 700 },
      { for: 'child', name: 'order-7.3', since: T + 100 },
      { for: 'retry', name: 'charge', since: T + 3, until: T + 900, error: ERROR },
    ])
  })

  test('gives two waits of one name their own times, in the order of the code', () => {
    const tail = [begin(2, 'signal', 'go', T + 900), begin(1, 'signal', 'go', T + 700)]
    const waits = openWaits(parked(['signal "go"', 'signal "go"'], tail))
    expect(waits.map(({ until }) => until)).toEqual([T + 700, T + 900])
  })

  test('reads beginnings that the row does not hold from the log', () => {
    const row = parked(['sleep "nap"'], [ended(7)], { seq: 4 })
    expect(datedBefore(row)).toBe(3)
    expect(openWaits(row)).toEqual([{ for: 'timer', name: 'nap', since: T + 100 }])
    const log: LogEntry[] = [{ ...begin(8, 'sleep', 'nap', T + 500), seq: 1 }]
    expect(openWaits(row, log)).toEqual([{ for: 'timer', name: 'nap', since: T + 8, until: T + 500 }])
  })

  test('asks for no log when no wait ends by itself, or when all beginnings are at hand', () => {
    expect(datedBefore(parked(['signal "go"'], [], { seq: 9, dueAt: undefined }))).toBe(0)
    expect(datedBefore(parked(['child a'], [], { seq: 9 }))).toBe(0)
    expect(datedBefore(parked(['sleep "nap"'], [begin(1, 'sleep', 'nap', T)], { seq: 9 }))).toBe(0)
    expect(datedBefore(aRecord({ status: 'running', seq: 9 }))).toBe(0)
  })

  test.each([
    [
      { for: 'worker', tries: 2, error: ERROR },
      { for: 'worker', error: ERROR, until: T + 500 },
    ],
    [
      { for: 'undeployed', kind: 'order', tries: 1 },
      { for: 'undeployed', name: 'order', until: T + 500 },
    ],
    [
      { for: 'slot', key: 'account 7' },
      { for: 'slot', name: 'account 7', until: T + 500 },
    ],
    [{ for: 'external' }, { for: 'external', until: T + 500 }],
  ] as const)('names what a row waits for: %j', (wait, named) => {
    expect(openWaits(parked([], [], { wait }))).toEqual([named])
  })

  test('names an operator for a stuck row, and a worker or the time of its start for a pending one', () => {
    const stuck = aRecord({ status: 'stuck', wait: { for: 'resume', error: ERROR, since: T } })
    expect(openWaits(stuck)).toEqual([{ for: 'resume', since: T, error: ERROR }])
    expect(openWaits(aRecord({ status: 'pending' }))).toEqual([{ for: 'worker', since: T }])
    expect(openWaits(aRecord({ status: 'pending', startAt: T + 9 }))).toEqual([
      { for: 'timer', name: 'start', since: T, until: T + 9 },
    ])
  })

  test.each(['running', 'completed', 'failed'] as const)('is empty for a %s row', (status) => {
    expect(openWaits(aRecord({ status }))).toEqual([])
  })

  test('says that there may be more waits when the row names as many as it shows', () => {
    const on = Array.from({ length: WAITS_SHOWN }, (_, index) => `child c-${index}`)
    expect(hasMoreWaits(parked(on, []))).toBe(true)
    expect(hasMoreWaits(parked(on.slice(1), []))).toBe(false)
  })
})
