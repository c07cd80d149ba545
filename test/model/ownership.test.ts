import { numberTail } from '../../lib/model/log.ts'
import { describe, expect, test } from 'vitest'
import { InvariantBroken } from '../../lib/model/errors.ts'
import {
  planCommit,
  planExternalEnd,
  planFinish,
  planPark,
  planStartChild,
  planUnownedEnd,
  sameOutput,
  type Ownership,
} from '../../lib/model/ownership.ts'
import type { Entry } from '../../lib/model/log.ts'
import type { Output } from '../../lib/model/record.ts'
import type { Plan } from '../../lib/model/writes.ts'
import { anOwnership, aRecord, aRunning, GRANT, ID, T } from '../helpers/records.ts'

const ENTRY: Entry = { type: 'end', at: T, status: 'x' }
const OUTPUT = { outcome: 'success', value: { value: 1 } } as const
const WORKER = { wait: { for: 'worker' }, dueAt: T + 5, wakeupScheduled: true } as const

/** Every plan of an owner. */
const PLANS: Readonly<Record<string, (ownership: Ownership) => Plan>> = {
  commit: (ownership) => planCommit(ownership, [ENTRY]),
  park: (ownership) => planPark(ownership, [ENTRY], WORKER),
  finish: (ownership) => planFinish(ownership, [ENTRY], OUTPUT, T),
  'start of a child': (ownership) => planStartChild(ownership, [ENTRY]),
}

for (const [name, plan] of Object.entries(PLANS)) {
  describe(`a ${name}`, () => {
    test('expects the fence and the commit that its owner holds, and moves the commit on [C17, C18]', () => {
      const { expect: expected, change } = plan(anOwnership({ fence: 4, commit: 7, seq: 9 }))
      expect(expected).toMatchObject({ fence: 4, commit: 7, statusIn: ['running'] })
      expect(change.add?.commit).toBe(1)
    })

    test('from a status that is not running is a bug', () => {
      const ownership = anOwnership()
      const ended = { ...ownership, row: { ...ownership.row, status: 'completed' as never } }
      expect(() => plan(ended)).toThrow(InvariantBroken)
    })
  })
}

describe('planning an owner’s write', () => {
  test('a commit is progress: the stalls start again', () => {
    const { change } = planCommit(anOwnership({ stalls: 3 }), [ENTRY, ENTRY])
    expect(change).toEqual({ set: { stalls: 0 }, add: { commit: 1, seq: 2 }, append: [ENTRY, ENTRY] })
    expect(planCommit(anOwnership(), []).change).toEqual({ set: { stalls: 0 }, add: { commit: 1 } })
    expect(planCommit(anOwnership({ suspect: true }), []).change.remove).toEqual(['suspect'])
  })

  test('rolled pages take the place of the tail, and pin the log number', () => {
    const page = { first: 1, last: 3, fence: 1, entries: [ENTRY, ENTRY, ENTRY] }
    const { expect: expected, change } = planCommit(anOwnership({ seq: 2 }), [ENTRY], { pages: [page] })
    expect(expected.seq).toBe(2)
    expect(change.set).toEqual({ stalls: 0, tail: [], page: { first: 1, last: 3, fence: 1 } })
    expect(change).not.toHaveProperty('append')
    expect(change.add).toEqual({ commit: 1, seq: 1 })
  })

  test('a park leaves nothing held, and is due as asked or not at all', () => {
    const { change } = planPark(anOwnership(), [], WORKER)
    expect(change.set).toEqual({
      status: 'waiting',
      wait: { for: 'worker' },
      dueAt: T + 5,
      wakeupScheduled: true,
    })
    expect(change.remove).toEqual(['grant'])
    const idle = planPark(anOwnership(), [], { wait: { for: 'external' }, wakeupScheduled: false })
    expect(idle.change.set).toEqual({ status: 'waiting', wait: { for: 'external' }, stalls: 0 })
    expect(idle.change.remove).toEqual(['grant', 'dueAt', 'wakeupScheduled'])
  })

  test('only a park for a worker without entries is no progress [C50]', () => {
    expect(planPark(anOwnership(), [ENTRY], WORKER).change.set).toMatchObject({ stalls: 0 })
    expect(planPark(anOwnership(), [], WORKER).change.set).not.toHaveProperty('stalls')
    const suspect = anOwnership({ suspect: true })
    expect(planPark(suspect, [], WORKER).change.remove).not.toContain('suspect')
    expect(planPark(suspect, [ENTRY], WORKER).change.remove).toContain('suspect')
    expect(
      planPark(suspect, [], { wait: { for: 'effects', on: [] }, wakeupScheduled: false }).change.remove,
    ).toContain('suspect')
  })

  test('a park for a resume leaves the process stuck [C41]', () => {
    const error = { class: 'N', code: 'n', message: 'm' }
    expect(
      planPark(anOwnership(), [], { wait: { for: 'resume', error }, wakeupScheduled: false }).change.set,
    ).toMatchObject({ status: 'stuck' })
  })

  test('a first claim that found no definition leaves no start, a later one keeps it [C51]', () => {
    const wait = {
      wait: { for: 'undeployed', kind: 'k', tries: 1 },
      dueAt: T + 5,
      wakeupScheduled: false,
    } as const
    expect(planPark(anOwnership(), [], wait).change.remove).toContain('startedAt')
    const later = anOwnership({ startedAt: T - 9, grant: GRANT })
    expect(planPark(later, [], wait).change.remove).not.toContain('startedAt')
    expect(planPark(anOwnership(), [], WORKER).change.remove).not.toContain('startedAt')
  })

  test('a wait for effects expects that nothing has arrived which the owner has not seen [C38]', () => {
    const effects = {
      wait: { for: 'effects', on: ['sleep "nap"'] },
      dueAt: T + 5,
      wakeupScheduled: true,
    } as const
    const { expect: expected, change } = planPark(anOwnership({ seq: 9 }), [ENTRY], effects)
    expect(expected).toMatchObject({ seq: 9 })
    expect(change.set).toMatchObject({ status: 'waiting', wait: effects.wait, stalls: 0, dueAt: T + 5 })
    expect(planPark(anOwnership({ seq: 9 }), [ENTRY], WORKER).expect).not.toHaveProperty('seq')
  })

  test('a wait for a place before the body began leaves no start', () => {
    const slot = { wait: { for: 'slot', key: 'k' }, wakeupScheduled: false } as const
    expect(planPark(anOwnership(), [], slot).change.remove).toEqual([
      'grant',
      'dueAt',
      'wakeupScheduled',
      'startedAt',
    ])
    expect(planPark(anOwnership({ startedAt: T - 9 }), [], slot).change.remove).not.toContain('startedAt')
  })

  test('the start of a child is a commit that a cancel refuses, and counts the child [C6]', () => {
    const { expect: expected, change } = planStartChild(anOwnership({ fence: 4, commit: 7 }), [ENTRY])
    expect(expected).toEqual({ fence: 4, commit: 7, statusIn: ['running'], absent: ['cancel'] })
    expect(change).toEqual({ set: { stalls: 0 }, add: { commit: 1, children: 1, seq: 1 }, append: [ENTRY] })
    const page = { first: 1, last: 3, fence: 1, entries: [ENTRY, ENTRY, ENTRY] }
    const rolled = planStartChild(anOwnership({ seq: 2 }), [ENTRY], { pages: [page] })
    expect(rolled).toMatchObject({ expect: { seq: 2, absent: ['cancel'] }, change: { set: { tail: [] } } })
  })

  for (const [what, more] of Object.entries({
    'a child': { parent: { id: ID, onEnd: 'cancel' } },
    'a parent': { children: 1 },
    'a process with a concurrency key': { concurrency: { key: 'k', limit: 1 } },
  } as const)) {
    test(`the end of ${what} stays due until those it concerns are told [C52]`, () => {
      for (const { change } of [
        planFinish(anOwnership(more), [], OUTPUT, T + 9),
        planUnownedEnd(aRunning(more), OUTPUT, T + 9),
      ]) {
        expect(change.set).toMatchObject({
          pendingNotifications: true,
          dueAt: T + 9,
          wakeupScheduled: true,
          endedAt: T + 9,
        })
        expect(change.remove).toEqual(['grant', 'wait'])
      }
    })
  }

  test('an end appends its mark, sets output and status, and leaves the due index [C19]', () => {
    const { change } = planFinish(anOwnership(), [ENTRY], OUTPUT, T + 9)
    expect(change).toEqual({
      set: { status: 'completed', output: OUTPUT, endedAt: T + 9, stalls: 0 },
      add: { commit: 1, seq: 2 },
      append: [ENTRY, { type: 'end', at: T + 9, status: 'completed' }],
      remove: ['grant', 'wait', 'dueAt', 'wakeupScheduled'],
    })
  })
})

describe('planning an end that no owner writes', () => {
  test('it pins the row to what was read and fences its last owner off [C48]', () => {
    const record = aRecord({ status: 'running', fence: 4, commit: 7, seq: 9 })
    const { expect: expected, change } = planUnownedEnd(record, { outcome: 'cancelled', reason: 'r' }, T + 9)
    expect(expected).toEqual({ fence: 4, commit: 7, seq: 9, statusIn: ['running'] })
    expect(change.add).toEqual({ fence: 1, seq: 1 })
    expect(change.append).toEqual([{ type: 'end', at: T + 9, status: 'cancelled' }])
    expect(change.remove).toEqual(['grant', 'wait', 'dueAt', 'wakeupScheduled'])
  })

  test('from outside only a waiting process is ended [C22]', () => {
    const waiting = aRecord({ status: 'waiting' })
    expect(planExternalEnd(waiting, OUTPUT, T)).toEqual(planUnownedEnd(waiting, OUTPUT, T))
    for (const status of ['pending', 'running', 'stuck', 'completed'] as const) {
      expect(() => planExternalEnd(aRecord({ status }), OUTPUT, T)).toThrow(InvariantBroken)
    }
  })
})

describe('what an owner has in hand', () => {
  test('is its tail, numbered', () => {
    expect(numberTail(anOwnership({ seq: 7, tail: [ENTRY, ENTRY] }).row)).toEqual([
      { ...ENTRY, seq: 6 },
      { ...ENTRY, seq: 7 },
    ])
  })
})

describe('two outputs are the same [C20]', () => {
  const success = (value: never): Output => ({ outcome: 'success', value })
  const pairs: readonly [string, Output, Output, boolean][] = [
    [
      'whatever the order of keys',
      success({ a: 1, b: { c: 2, d: 3 } } as never),
      success({ b: { d: 3, c: 2 }, a: 1 } as never),
      true,
    ],
    [
      'with a field that is undefined or absent',
      success({ a: 1, b: undefined } as never),
      success({ a: 1 } as never),
      true,
    ],
    ['not with another order of a list', success([1, 2] as never), success([2, 1] as never), false],
    ['not with null for nothing', success({ a: null } as never), success({} as never), false],
    ['not with another value', success(1 as never), success('1' as never), false],
    ['not with another outcome', success('r' as never), { outcome: 'cancelled', reason: 'r' }, false],
    ['key for key, not run together', success({ ab: 1 } as never), success({ a: { b: 1 } } as never), false],
  ]
  for (const [how, a, b, same] of pairs) {
    test(how, () => {
      expect(sameOutput(a, b)).toBe(same)
      expect(sameOutput(b, a)).toBe(same)
      expect(sameOutput(a, a)).toBe(true)
    })
  }
})
