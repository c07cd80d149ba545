import type { Item } from '../../../lib/registry/store/store.ts'
import type { CodeFact, Fact, History, HostFact } from '../history.ts'
import { check } from './check.ts'
import type { Expectations } from './expectations.ts'

// A sound history, written by hand from the layout of the table. A parent with a slot of a key starts a child, parks, takes
// a signal, is taken over in a step, and ends. Tests break it in one place each.

export type Facts = readonly Fact[]
type Row = { readonly [attribute: string]: Item[string] | undefined }

const PENDING: Row = {
  v: 1,
  k: 'kind',
  r: 'rerun',
  g: 'k#kind#0',
  ca: 0,
  s: 'pending',
  f: 0,
  c: 0,
  q: 0,
  t: [],
  n: 0,
}
const DUE: Row = { d: 'due#0', da: 0 }
const NOT_DUE: Row = { d: undefined, da: undefined }
const entry = (...parts: Item[string][]): string => JSON.stringify(parts)
const grant = (owner: string, from: number): Row => ({
  s: 'running',
  w: undefined,
  b: undefined,
  d: 'due#0',
  da: from + 30_000,
  gr: { o: owner, i: `${owner}-i`, t: `${owner}-t`, c: from, u: from + 30_000 },
})

export const LOG = {
  first: entry('e', 1, 0, 's', 'one', 1, 'a'),
  child: entry('e', 2, 1, 'c', 'kind', 1, { id: 'p.1', onEnd: 'cancel' }),
  begun: entry('b', 3, 2, 'g', 'go', 900_000),
  signal: entry('g', 50, 'go', 'key-1', 1, 'payload'),
  takeover: entry('t', 70_000, 3, 'w2', 'w3'),
  took: entry('e', 70_001, 2, 'g', 'go', 1, 4),
  last: entry('e', 70_002, 3, 's', 'two', 1, 'b'),
  end: entry('z', 70_003, 'completed'),
}

/** Builds a history one write after another, each from what stood there before. */
class Pen {
  readonly facts: Fact[] = []
  readonly #items = new Map<string, Item>()

  write(by: string, at: number, key: string, change: Row, tx?: number): void {
    const [pk = '', sk = ''] = key.split('/')
    const before = this.#items.get(key)
    const merged = { pk, sk, ...before, ...change }
    const after = Object.fromEntries(
      Object.entries(merged).filter(([, value]) => value !== undefined),
    ) as Item
    this.#items.set(key, after)
    this.facts.push({ at, kind: 'write', by, pk, sk, before, after, ...(tx === undefined ? {} : { tx }) })
  }

  row(by: string, at: number, change: Row, tx?: number): void {
    this.write(by, at, 'P#p/PROCESS', change, tx)
  }

  tell(at: number, fact: CodeFact | HostFact): void {
    this.facts.push({ at, ...fact })
  }
}

export function soundFacts(): Facts {
  const pen = new Pen()
  const process = 'p'
  const body = (by: string, effect: string, attempt = 1): CodeFact => ({
    kind: 'body',
    by,
    process,
    effect,
    attempt,
  })
  pen.row('client#1', 0, { ...PENDING, ...DUE, b: true, cc: { k: 'key', n: 1 } })
  pen.tell(0, { kind: 'heard', by: 'client#1', fact: 0 })
  pen.tell(0, { kind: 'woke', by: 'client#1', process })
  pen.row('w1', 0, { ...grant('w1', 0), f: 1 })
  pen.write('w1', 0, 'C#key/SLOTS', { l: 1, h: ['p'], q: [], n: 1 })
  pen.tell(1, body('w1', 'one'))
  pen.row('w1', 2, { c: 1, q: 2, t: [LOG.first, LOG.child] }, 1)
  pen.write('w1', 2, 'P#p.1/PROCESS', { ...PENDING, ...DUE, pa: { i: 'p', e: 'cancel' } }, 1)
  pen.write('w1', 3, 'P#p/LOG#000000000003#000000000001#1', { v: 1, t: [LOG.first, LOG.child, LOG.begun] })
  const parked = { s: 'waiting', w: { f: 'effects', o: ['signal go'] }, gr: undefined, ...NOT_DUE }
  pen.row('w1', 3, { ...parked, c: 2, q: 3, t: [], p: '1#3#1' })
  pen.row('client#1', 50, { q: 4, t: [LOG.signal], ...DUE }, 2)
  pen.write('client#1', 50, 'P#p/KEY#hash', { c: 'content' }, 2)
  pen.facts.push({ at: 50, kind: 'signalled', process, name: 'go', key: 'key-1', payload: '"payload"' })
  pen.row('w2', 60, { ...grant('w2', 60), f: 2 })
  pen.write('w2', 10_060, 'P#p/LEASE', { f: 2, t: 'w2-t', o: 'w2', e: 40_060, rn: 10_060 })
  pen.tell(10_061, { kind: 'took-signal', by: 'w2', process, name: 'go', nth: 0, payload: '"payload"' })
  pen.tell(10_062, body('w2', 'two'))
  pen.row(
    'w3',
    70_000,
    {
      ...grant('w3', 70_000),
      f: 3,
      q: 5,
      t: [LOG.signal, LOG.takeover],
      su: true,
    },
    3,
  )
  pen.write('w3', 70_000, 'P#p/LEASE', { f: 3, t: 'w3-t', o: 'w3', e: 100_000, rn: undefined }, 3)
  pen.tell(70_001, { kind: 'took-signal', by: 'w3', process, name: 'go', nth: 0, payload: '"payload"' })
  pen.tell(70_002, body('w3', 'two'))
  pen.tell(70_003, { kind: 'ran-to-end', by: 'w3', process })
  const tail = [LOG.signal, LOG.takeover, LOG.took, LOG.last, LOG.end]
  const ended = { s: 'completed', o: { o: 'success', v: '"b"' }, ea: 70_003, gr: undefined }
  pen.row('w3', 70_003, { ...ended, su: undefined, c: 3, q: 8, t: tail, ow: true, d: 'due#0', da: 70_003 })
  const asked = entry('c', 70_004, 'its parent ended')
  pen.write('w3', 70_004, 'P#p.1/PROCESS', { cr: { a: 70_004, r: 'its parent ended' }, q: 1, t: [asked] })
  pen.write('w3', 70_005, 'C#key/SLOTS', { h: [], n: 2 })
  pen.row('w3', 70_006, { ow: undefined, ...NOT_DUE })
  const cancelled = { s: 'cancelled', o: { o: 'cancelled', r: 'its parent ended' }, gr: undefined }
  pen.write('w3', 70_007, 'P#p.1/PROCESS', { ...grant('w3', 70_007), f: 1 })
  const childEnd = { q: 2, t: [asked, entry('z', 70_008, 'cancelled')], c: 1, ow: true }
  pen.write('w3', 70_008, 'P#p.1/PROCESS', { ...cancelled, ...childEnd })
  pen.write('w3', 70_009, 'P#p.1/PROCESS', { ow: undefined, ...NOT_DUE })
  return pen.facts
}

export const ASKED = {
  opened: entry('e', 1, 0, 'b', 'ask', 1, 'secret'),
  given: entry('e', 2, 1, 's', 'ask?', 1, 'given'),
  begun: entry('b', 3, 2, 'y', 'ask', 900_000),
  answer: entry('r', 50, 0, 1, 'yes'),
  took: entry('e', 61, 2, 'y', 'ask', 1, 'yes'),
  end: entry('z', 62, 'completed'),
}

/** Another one: a process opens a callback, gives its token away in a step, parks, is answered and ends. */
export function soundCallback(): Facts {
  const pen = new Pen()
  const process = 'q'
  const token = 'q~0~secret'
  const row = (by: string, at: number, change: Row): void => pen.write(by, at, 'P#q/PROCESS', change)
  row('client#1', 0, { ...PENDING, ...DUE })
  row('w1', 0, { ...grant('w1', 0), f: 1 })
  row('w1', 1, { c: 1, q: 1, t: [ASKED.opened] })
  pen.tell(2, { kind: 'body', by: 'w1', process, effect: 'ask?', attempt: 1 })
  pen.tell(2, { kind: 'gave-token', by: 'w1', process, name: 'ask', token })
  const asked = [ASKED.opened, ASKED.given, ASKED.begun]
  const parked = {
    s: 'waiting',
    w: { f: 'effects', o: ['reply ask'] },
    gr: undefined,
    d: 'due#0',
    da: 900_000,
  }
  row('w1', 3, { ...parked, c: 2, q: 3, t: asked })
  row('client#1', 50, { q: 4, t: [...asked, ASKED.answer], ...DUE })
  pen.facts.push({ at: 50, kind: 'answered', process, name: 'ask', token, answer: '"yes"' })
  row('w2', 60, { ...grant('w2', 60), f: 2 })
  pen.tell(61, { kind: 'took-answer', by: 'w2', process, name: 'ask', answer: '"yes"' })
  pen.tell(62, { kind: 'ran-to-end', by: 'w2', process })
  const log = [...asked, ASKED.answer, ASKED.took, ASKED.end]
  const ended = { s: 'completed', o: { o: 'success', v: '"yes"' }, ea: 62, gr: undefined, ...NOT_DUE }
  row('w2', 62, { ...ended, c: 3, q: 6, t: log })
  return pen.facts
}

/** The facts with one text in the place of another, wherever it stands. */
export function retold(facts: Facts, from: string, to: string): Facts {
  const [old = '', other = ''] = [from, to].map((text) => JSON.stringify(text).slice(1, -1))
  return JSON.parse(JSON.stringify(facts).replaceAll(old, other)) as Facts
}

/** The facts with these attributes in every version of the row of `pk`. */
export function withRow(facts: Facts, change: Row, pk = 'P#p'): Facts {
  const changed = (item: Item | undefined): Item | undefined =>
    item === undefined ? undefined : ({ ...item, ...change } as Item)
  return facts.map((fact) =>
    fact.kind === 'write' && fact.sk === 'PROCESS' && fact.pk === pk
      ? { ...fact, before: changed(fact.before), after: changed(fact.after) }
      : fact,
  )
}

/** The facts with the table that they leave. */
export function historyOf(facts: Facts): History {
  const items = new Map<string, Item>()
  for (const fact of facts) {
    if (fact.kind !== 'write') continue
    if (fact.after === undefined) items.delete(`${fact.pk}/${fact.sk}`)
    else items.set(`${fact.pk}/${fact.sk}`, fact.after)
  }
  return { facts, end: [...items.values()] }
}

/** The promises that a history breaks, each once. */
export function broken(facts: Facts, expectations?: Expectations): string[] {
  return [...new Set(check(historyOf(facts), expectations).map(({ invariant }) => invariant))]
}
