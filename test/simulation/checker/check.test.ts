import { describe, expect, test } from 'vitest'
import type { Item } from '../../../lib/registry/store/store.ts'
import type { CodeFact, Fact, StoreFact } from '../history.ts'
import { check } from './check.ts'
import type { Expected, Expectations } from './expectations.ts'
import { broken, historyOf, LOG, soundFacts, type Facts } from './sample.ts'

type Write = StoreFact & { at: number }
type Row = { [attribute: string]: unknown }

/** Changes the nth write to an item, and what later writes saw of it where they are told to. */
function changed(sk: string, nth: number, change: Row, pk = 'P#p'): Facts {
  let seen = -1
  return soundFacts().map((fact): Fact => {
    if (fact.kind !== 'write' || fact.sk !== sk || fact.pk !== pk) return fact
    seen += 1
    return seen === nth ? { ...fact, after: without({ ...fact.after, ...change }) } : fact
  })
}

function without(item: Row): Item {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Item
}

const at = (sk: string, nth: number, pk = 'P#p'): number =>
  soundFacts().flatMap((fact, index) =>
    fact.kind === 'write' && fact.sk === sk && fact.pk === pk ? [index] : [],
  )[nth] ?? -1

function leftOut(index: number): Facts {
  return soundFacts().toSpliced(index, 1)
}

function told(fact: CodeFact, before: number, when = 0): Facts {
  return soundFacts().toSpliced(before, 0, { at: when, ...fact })
}

const body = (by: string, effect: string, attempt = 1): CodeFact => ({
  kind: 'body',
  by,
  process: 'p',
  effect,
  attempt,
})

const expecting = (expected: Partial<Expected>): Expectations => ({
  processes: new Map([['p', { allowed: () => undefined, ...expected }]]),
})

/** What the wait of `LOG.begun` comes to where nothing is sent. */
const TIMED_OUT = JSON.stringify([
  'e',
  70_001,
  2,
  'g',
  'go',
  0,
  'WaitTimedOut',
  'wait_timed_out',
  'nothing came',
])

test('a wait ends a little early only if clocks jump', () => {
  const begun = LOG.begun.replace('900000', '100000')
  const facts = changed('PROCESS', 7, {
    t: [LOG.signal, LOG.takeover, TIMED_OUT, LOG.last, LOG.end],
  }).map((fact) =>
    fact.kind === 'write' && fact.sk.startsWith('LOG#')
      ? { ...fact, after: { ...fact.after, t: [LOG.first, LOG.child, begun] } }
      : fact,
  ) as Facts
  const early = 'a wait lasts its time'
  expect(broken(facts)).not.toContain(early)
  expect(broken(facts, { processes: new Map(), clocksJumpBackMs: 0 })).toContain(early)
  expect(broken(facts, { processes: new Map(), clocksJumpBackMs: 30_000 })).not.toContain(early)
})

test('a sound history breaks nothing', () => {
  expect(check(historyOf(soundFacts()), expecting({}))).toEqual([])
})

test('a sound history breaks no rule when its writers are unknown', () => {
  const facts = soundFacts().map((fact) =>
    fact.kind === 'write' ? { ...fact, by: undefined } : fact,
  ) as Facts
  const stream = facts.filter((fact) => fact.kind === 'write' || fact.kind === 'ran-to-end')
  expect(check(historyOf(stream))).toEqual([])
})

test('a writer without a confirmation, or that died before its wake-up, breaks no rule', () => {
  const [written, heard, , ...rest] = soundFacts()
  if (written === undefined || heard === undefined) throw new Error('a start')
  expect(broken([written, ...rest])).toEqual([])
  expect(broken([written, heard, { at: 0, kind: 'fell', by: 'client#1' }, ...rest])).toEqual([])
})

// Writes to the row of p, from 0: made, claimed by w1, child started, parked, signal, claimed by w2, taken over by w3, ended, settled.
describe('a history is refused in which', () => {
  const CASES: { readonly [what: string]: readonly [invariant: string, facts: () => Facts] } = {
    'a claim leaves the fence as it is': [
      'the fence rises by one with each claim',
      () => changed('PROCESS', 5, { f: 1 }),
    ],
    'a claim raises the fence by two': [
      'the fence rises by one with each claim',
      () => changed('PROCESS', 5, { f: 3 }),
    ],
    'the fence falls': ['the fence rises by one with each claim', () => changed('PROCESS', 6, { f: 1 })],
    'an owner that was overtaken writes': [
      'no write under a stale fence',
      () => soundFacts().with(at('PROCESS', 7), { ...(soundFacts()[at('PROCESS', 7)] as Write), by: 'w2' }),
    ],
    'an owner writes without a commit': [
      'no write under a stale fence',
      () => changed('PROCESS', 7, { c: 2 }),
    ],
    'a live lease is taken over': [
      'a live lease is not taken over',
      () => changed('LEASE', 0, { e: 90_000 }),
    ],
    'a lease is renewed by another': [
      'only the holder renews a lease',
      () => soundFacts().with(at('LEASE', 0), { ...(soundFacts()[at('LEASE', 0)] as Write), by: 'w1' }),
    ],
    'an expired lease is renewed': [
      'an expired lease is not renewed',
      () => {
        const renewed = soundFacts()[at('LEASE', 0)] as Write
        const again = { ...renewed.after, e: 80_000, rn: 50_000 } as Item
        return soundFacts().toSpliced(at('LEASE', 0) + 1, 0, {
          ...renewed,
          before: renewed.after,
          after: again,
        })
      },
    ],
    'a lease that was never renewed is renewed after its end': [
      'an expired lease is not renewed',
      () => changed('LEASE', 0, { e: 70_000, rn: 40_000 }),
    ],
    'a wait times out before its time, by more than clocks can jump': [
      'a wait lasts its time',
      () => changed('PROCESS', 7, { t: [LOG.signal, LOG.takeover, TIMED_OUT, LOG.last, LOG.end] }),
    ],
    'a park leaves a cancel request lying': [
      'cancel is honoured',
      () => changed('PROCESS', 3, { cr: { a: 0, r: 'asked' } }),
    ],
    'a body begins under a claim that brought a cancel request': [
      'cancel is honoured',
      () => changed('PROCESS', 4, { cr: { a: 50, r: 'asked' } }),
    ],
    'a process with recovery abandon is taken over': [
      'a process with recovery abandon never runs twice',
      () => changed('PROCESS', 5, { r: 'abandon' }),
    ],
    'an entry changes': [
      'the log has no gap',
      () =>
        changed('PROCESS', 7, {
          t: [LOG.signal.replace('payload', 'another'), LOG.takeover, LOG.took, LOG.last, LOG.end],
        }),
    ],
    'an entry is lost': [
      'the log has no gap',
      () => changed('PROCESS', 7, { t: [LOG.signal, LOG.takeover, LOG.took, LOG.end] }),
    ],
    'a page is pointed at that is not there': [
      'the log has no gap',
      () => leftOut(at('LOG#000000000003#000000000001#1', 0)),
    ],
    'a page of another fence is pointed at': [
      'the log has no gap',
      () => changed('PROCESS', 3, { p: '1#3#0' }),
    ],
    'an effect is recorded twice': [
      'the log has no gap',
      () => changed('PROCESS', 7, { t: [LOG.signal, LOG.takeover, LOG.took, LOG.first, LOG.end] }),
    ],
    'an effect continues after its outcome': [
      'the log has no gap',
      () => changed('PROCESS', 7, { t: [LOG.signal, LOG.takeover, LOG.took, LOG.begun, LOG.end] }),
    ],
    'an end changes afterwards': ['one terminal write', () => changed('PROCESS', 8, { s: 'failed' })],
    'an end leaves no mark': [
      'one terminal write',
      () => changed('PROCESS', 7, { q: 7, t: [LOG.signal, LOG.takeover, LOG.took, LOG.last] }),
    ],
    'a running process leaves the due index': [
      'every open process is kept',
      () => changed('PROCESS', 5, { d: undefined, da: undefined }),
    ],
    'a parked process waits for nothing': [
      'every open process is kept',
      () => changed('PROCESS', 3, { w: { f: 'worker' } }),
    ],
    'a body runs again': [
      'no completed effect runs again',
      () => told(body('w2', 'one'), at('LEASE', 0), 10_060),
    ],
    'a body runs without a claim': [
      'no body without a claim',
      () => told(body('w9', 'three'), at('LEASE', 0), 10_060),
    ],
    'a body begins after its lease': [
      'no body begins after its lease',
      () => told({ ...body('w2', 'three'), clockAt: 40_060 } as CodeFact, at('LEASE', 0) + 1, 40_060),
    ],
    'a process runs without its place': [
      'no key has more than its limit',
      () => leftOut(at('SLOTS', 0, 'C#key')),
    ],
    'a key has more than its limit': [
      'no key has more than its limit',
      () => changed('SLOTS', 0, { h: ['p', 'another'] }, 'C#key'),
    ],
    'a place is kept after the end': [
      'an end notifies parent, children and waiters',
      () => leftOut(at('SLOTS', 1, 'C#key')),
    ],
    'a child is not told of the end': [
      'an end notifies parent, children and waiters',
      () => changed('PROCESS', 1, { cr: undefined }, 'P#p.1'),
    ],
    'a parent does not know its child': [
      'a child is known to its parent',
      () =>
        changed('PROCESS', 2, { t: [LOG.first, LOG.child.replace('p.1', 'p.9')] }).map((fact) =>
          fact.kind === 'write' && fact.sk.startsWith('LOG#')
            ? {
                ...fact,
                after: { ...fact.after, t: [LOG.first, LOG.child.replace('p.1', 'p.9'), LOG.begun] },
              }
            : fact,
        ),
    ],
    'a debt is left': ['nothing is left over', () => leftOut(at('PROCESS', 8))],
    'a signal is lost': [
      'every signal counts once',
      () => soundFacts().map((fact) => (fact.kind === 'signalled' ? { ...fact, key: 'key-2' } : fact)),
    ],
    'code is given another signal': [
      'signals come in order',
      () =>
        soundFacts().map((fact) => (fact.kind === 'took-signal' ? { ...fact, payload: '"another"' } : fact)),
    ],
    'a wait records another signal': [
      'signals come in order',
      () =>
        changed('PROCESS', 7, {
          t: [LOG.signal, LOG.takeover, LOG.took.replace('1,4]', '1,3]'), LOG.last, LOG.end],
        }),
    ],
    'it completes without having run to its end': [
      'the outcome is that of a crash-free run',
      () => soundFacts().filter(({ kind }) => kind !== 'ran-to-end'),
    ],
    'it ends cancelled and no caller asked': [
      'cancel is honoured',
      () =>
        soundFacts().map((fact) => {
          if (fact.kind !== 'write' || fact.after?.['s'] !== 'completed') return fact
          const t = [LOG.signal, LOG.takeover, LOG.took, LOG.last, LOG.end.replace('completed', 'cancelled')]
          return { ...fact, after: { ...fact.after, s: 'cancelled', t } }
        }),
    ],
    'an open process is removed': [
      'nothing is lost',
      () =>
        soundFacts().toSpliced(at('PROCESS', 5), 0, {
          ...(soundFacts()[at('PROCESS', 5)] as Write),
          after: undefined,
        }),
    ],
    'a scheduled wake-up is never sent': [
      'a wake-up follows its write',
      () => soundFacts().filter(({ kind }) => kind !== 'woke'),
    ],
    'a wake-up goes before its write': [
      'a wake-up follows its write',
      () => {
        const [written, heard, sent, ...rest] = soundFacts()
        if (written === undefined || heard?.kind !== 'heard' || sent === undefined) throw new Error('a start')
        return [sent, written, { ...heard, fact: 1 }, ...rest]
      },
    ],
    'it never ends': ['every process ends', () => soundFacts().slice(0, at('PROCESS', 7))],
  }

  test.each(Object.entries(CASES))('%s', (_, [invariant, facts]) => {
    expect(broken(facts())).toContain(invariant)
  })

  test('it comes to another outcome than the model says', () => {
    const model = expecting({ allowed: ({ output }) => (output === 'c' ? undefined : 'expected c') })
    expect(broken(soundFacts(), model)).toEqual(['the outcome is that of a crash-free run'])
  })

  test('a body runs twice that may run once', () => {
    expect(broken(soundFacts(), expecting({ atMostOnce: new Set(['two']) }))).toEqual([
      'an at-most-once body runs once',
    ])
  })

  test('a body that may run once begins before that is on record', () => {
    const begun = JSON.stringify(['b', 1, 0, 's', 'one'])
    const told = JSON.parse(
      JSON.stringify(soundFacts()).replaceAll(
        JSON.stringify(LOG.first).slice(1, -1),
        JSON.stringify(begun).slice(1, -1),
      ),
    ) as Fact[]
    const model = expecting({ atMostOnce: new Set(['one']) })
    expect(broken(told, model)).toEqual(['an at-most-once body runs once'])
    const at = told.findIndex((fact) => fact.kind === 'body')
    const [begins] = told.splice(at, 1)
    if (begins !== undefined) told.splice(at + 1, 0, begins)
    expect(broken(told, model)).toEqual([])
  })

  test('a process is cancelled before its first claim and runs all the same', () => {
    const facts = changed('PROCESS', 0, { cr: { a: 0, r: 'asked' } })
    expect(broken(facts)).toContain('cancel is honoured')
  })

  test('an accepted cancel request is not on record', () => {
    const facts: Facts = [...soundFacts(), { at: 50, kind: 'cancel-asked', process: 'p', reason: 'asked' }]
    expect(broken(facts)).toEqual(['cancel is honoured'])
    const ofChild: Facts = [
      ...soundFacts(),
      { at: 50, kind: 'cancel-asked', process: 'p.1', reason: 'asked' },
    ]
    expect(broken(ofChild, expecting({ cancelAsked: false }))).toEqual([])
  })

  test('the log, the attempts or the children are not those of the program', () => {
    const program: Partial<Expected> = {
      effects: new Map(
        ['step one', 'start kind', 'signal go', 'step two'].map((name) => [name, { min: 1, max: 1 }]),
      ),
      attempts: new Map([
        ['one', 1],
        ['two', 1],
      ]),
      children: { min: 1, max: 1 },
    }
    expect(broken(soundFacts(), expecting(program))).toEqual([])
    const wrong: readonly Partial<Expected>[] = [
      { effects: new Map([...(program.effects ?? []), ['sleep three', { min: 1, max: 1 }]]) },
      { effects: new Map([...(program.effects ?? []), ['step two', { min: 0, max: 0 }]]) },
      { attempts: new Map([['one', 1]]) },
      { children: { min: 2, max: 2 } },
      { children: { min: 0, max: 0 } },
    ]
    for (const each of wrong)
      expect(broken(soundFacts(), expecting({ ...program, ...each }))).toEqual([
        'the outcome is that of a crash-free run',
      ])
  })

  test('a start is lost', () => {
    const model: Expectations = { processes: new Map([['gone', { allowed: () => undefined }]]) }
    expect(broken(soundFacts(), model)).toEqual(['nothing is lost'])
  })
})

test('a history of 500 facts is judged in the time in which it is written down three times', () => {
  const facts: Fact[] = []
  for (let n = 0; facts.length < 500; n += 1)
    for (const fact of soundFacts()) {
      const renamed = JSON.stringify(fact)
        .replaceAll(/"(P#|)p(\.1)?"(?!:)/g, `"$1p${n}$2"`)
        .replaceAll('C#key', `C#key${n}`)
        .replaceAll('"k":"key"', `"k":"key${n}"`)
        .replaceAll('\\"p.1\\"', `\\"p${n}.1\\"`)
      facts.push(JSON.parse(renamed) as Fact)
    }
  const history = historyOf(facts)
  const judged = quickestMs(() => expect(check(history)).toEqual([]))
  expect(judged / quickestMs(() => JSON.stringify(history))).toBeLessThan(3)
})

function quickestMs(work: () => unknown): number {
  const times = Array.from({ length: 50 }, () => {
    const from = performance.now()
    work()
    return performance.now() - from
  })
  return Math.min(...times)
}
