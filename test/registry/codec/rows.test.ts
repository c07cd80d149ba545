import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UnreadableItem } from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import type { Json } from '../../../lib/model/json.ts'
import { EFFECT_KINDS, type Entry, type Outcome, type Payload } from '../../../lib/model/log.ts'
import {
  STATUSES,
  type Evidence,
  type ProcessRow,
  type Status,
  type StoredOutput,
  type Wait,
} from '../../../lib/model/record.ts'
import { expireAtSeconds } from '../../../lib/registry/codec/plans.ts'
import { encodeRow, readRecord, ROW } from '../../../lib/registry/codec/rows.ts'
import { readDueRow, readListed } from '../../../lib/registry/codec/projections.ts'
import { ENTRY, pageItem, readPage } from '../../../lib/registry/codec/entries.ts'
import type { Item } from '../../../lib/registry/store/store.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const SHARDS = { due: 8, list: 1 }
const NOW = 1_764_000_000_000

const text = fc.string({ maxLength: 20, unit: 'grapheme' })
const instant = fc.integer({ min: -5, max: 2 * NOW })
const whole = fc.nat(1_000_000)
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
const payload: fc.Arbitrary<Payload> = fc.oneof(
  fc.record({ value: json }),
  fc.record({ ref: text, bytes: whole }),
)
const error = fc.record({ class: text, code: text, message: text })
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ ok: fc.constant(true as const), value: payload }),
  fc.constant({ ok: true } as const),
  fc.record({ ok: fc.constant(false as const), error }),
)
const asked = fc.record({ at: instant, reason: text, by: text }, { requiredKeys: ['at', 'reason'] })
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    type: fc.constant('effect' as const),
    at: instant,
    position: whole,
    effect: fc.constantFrom(...EFFECT_KINDS),
    name: text,
    outcome: fc.oneof(
      outcome,
      fc.tuple(outcome, whole).map(([decided, took]) => ({ ...decided, took })),
    ),
  }),
  fc.record(
    {
      type: fc.constant('begin' as const),
      at: instant,
      position: whole,
      effect: fc.constantFrom(...EFFECT_KINDS),
      name: text,
      dueAt: instant,
    },
    { requiredKeys: ['type', 'at', 'position', 'effect', 'name'] },
  ),
  fc.record({
    type: fc.constant('attempt' as const),
    at: instant,
    position: whole,
    name: text,
    error,
    dueAt: instant,
  }),
  fc.record({ type: fc.constant('signal' as const), at: instant, name: text, key: text, payload }),
  fc.record({ type: fc.constant('reply' as const), at: instant, position: whole, outcome }),
  fc.record({ type: fc.constant('child' as const), at: instant, id: text, status: text }),
  fc.record(
    { type: fc.constant('resume' as const), at: instant, by: text },
    { requiredKeys: ['type', 'at'] },
  ),
  fc.record({ type: fc.constant('takeover' as const), at: instant, fence: whole, from: text, to: text }),
  asked.map((facts) => ({ type: 'cancel' as const, ...facts })),
  asked.map((facts) => ({ type: 'abandon' as const, ...facts })),
  fc.record({ type: fc.constant('end' as const), at: instant, status: text }),
)
const evidence: fc.Arbitrary<Evidence> = fc.record(
  {
    lastOwner: text,
    lastFence: whole,
    lastSeenAt: instant,
    leaseExpiredAt: instant,
    hardAt: instant,
    writtenBy: text,
    because: fc.constantFrom(
      'hard-deadline-passed' as const,
      'operator-request' as const,
      'attempts-exhausted' as const,
      'timed-out' as const,
    ),
    claims: whole,
  },
  { requiredKeys: ['lastOwner', 'lastFence', 'writtenBy', 'because', 'claims'] },
)
const output: fc.Arbitrary<StoredOutput> = fc.oneof(
  fc.record({ outcome: fc.constant('success' as const), value: payload }),
  fc.record(
    { outcome: fc.constant('failure' as const), error, evidence },
    { requiredKeys: ['outcome', 'error'] },
  ),
  fc.record({ outcome: fc.constant('cancelled' as const), reason: text }),
  fc.record({ outcome: fc.constant('abandoned' as const), evidence }),
)
const unsince: fc.Arbitrary<Wait> = fc.oneof(
  fc.constant({ for: 'worker' } as const),
  fc.record({ for: fc.constant('worker' as const), tries: whole, error }),
  fc.constant({ for: 'external' } as const),
  fc.record({ for: fc.constant('effects' as const), on: fc.array(text, { maxLength: 3 }) }),
  fc.record({ for: fc.constant('slot' as const), key: text }),
  fc.record({ for: fc.constant('undeployed' as const), kind: text, tries: whole }),
  fc.record({ for: fc.constant('resume' as const), error }),
)
const wait = fc
  .tuple(unsince, fc.option(instant, { nil: undefined }))
  .map(([each, since]): Wait => (since === undefined ? each : { ...each, since }))
const grant = fc.record(
  { ownerId: text, attemptId: text, token: text, claimedAt: instant, until: instant, hardAt: instant },
  { requiredKeys: ['ownerId', 'attemptId', 'token', 'claimedAt', 'until'] },
)
const pointer = fc.record({ first: whole, last: fc.nat(), fence: whole })
const base = fc.record(
  {
    id: fc.constantFrom('order-7' as ProcessId, 'A.b:c_d-e' as ProcessId),
    kind: fc.constantFrom('orders.charge', 'k'),
    recovery: fc.constantFrom('rerun' as const, 'abandon' as const, 'external' as const),
    scope: fc.constantFrom('tenant-1'),
    provenance: fc.record({ source: text, retryOf: text }, { requiredKeys: [] }),
    limits: fc.record({ timeoutMs: whole, maxStalls: whole, retentionMs: whole }, { requiredKeys: [] }),
    parent: fc.record({
      id: fc.constant('order-6' as ProcessId),
      onEnd: fc.constantFrom('cancel' as const, 'abandon' as const, 'leave' as const),
    }),
    startAt: instant,
    concurrency: fc.record({ key: text, limit: whole }),
    urgent: fc.boolean(),
    version: text,
    children: whole,
    pendingNotifications: fc.boolean(),
    retriedBy: fc.constant('order-7.retry' as ProcessId),
    events: fc.array(text, { maxLength: 3 }),
    hash: text,
    input: payload,
    fence: whole,
    commit: whole,
    seq: whole,
    tail: fc.array(entry, { maxLength: 5 }),
    page: pointer,
    stalls: whole,
    suspect: fc.boolean(),
    wakeupScheduled: fc.boolean(),
    cancel: asked,
    abandon: asked,
    completionHash: text,
    createdAt: instant,
  },
  {
    requiredKeys: [
      'id',
      'kind',
      'recovery',
      'hash',
      'input',
      'fence',
      'commit',
      'seq',
      'tail',
      'stalls',
      'createdAt',
    ],
  },
)
/** What each status has to have, and what it may have besides. */
const BY_STATUS: {
  readonly [S in Status]: { must: readonly (keyof ProcessRow)[]; may: readonly (keyof ProcessRow)[] }
} = {
  pending: { must: ['dueAt'], may: [] },
  running: { must: ['grant', 'dueAt', 'startedAt'], may: ['wait'] },
  waiting: { must: ['wait'], may: ['dueAt', 'startedAt'] },
  stuck: { must: ['wait'], may: ['startedAt'] },
  completed: { must: ['output', 'endedAt'], may: ['startedAt'] },
  failed: { must: ['output', 'endedAt'], may: ['startedAt'] },
  cancelled: { must: ['output', 'endedAt'], may: ['startedAt'] },
  abandoned: { must: ['output', 'endedAt'], may: ['startedAt'] },
}
const own = { grant, wait, dueAt: instant, output, startedAt: instant, endedAt: instant }
const row: fc.Arbitrary<ProcessRow> = fc.constantFrom(...STATUSES).chain((status) => {
  const { must, may } = BY_STATUS[status]
  const fields = Object.fromEntries([...must, ...may].map((field) => [field, own[field as keyof typeof own]]))
  return fc
    .tuple(base, fc.record(fields, { requiredKeys: [...must] as never[] }))
    .map(([common, more]): ProcessRow => {
      const { page, tail } = common
      return { ...common, ...more, status, seq: (page?.last ?? 0) + tail.length }
    })
})

const A_ROW: ProcessRow = {
  id: 'order-7' as ProcessId,
  kind: 'orders.charge',
  recovery: 'rerun',
  hash: 'h',
  input: { value: null },
  status: 'running',
  fence: 1,
  commit: 0,
  grant: { ownerId: 'o', attemptId: 'i', token: 't', claimedAt: NOW, until: NOW + 1 },
  seq: 0,
  tail: [],
  stalls: 1,
  dueAt: NOW,
  createdAt: NOW,
  startedAt: NOW,
}

describe(`the codec (SEED=${SEED})`, () => {
  test('every row of every status is read back as it was written', () => {
    fc.assert(
      fc.property(row, (each) => {
        expect(readRecord(encodeRow(each, SHARDS))).toEqual(each)
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  test('every entry is read back as it was written', () => {
    fc.assert(
      fc.property(entry, (each) => {
        expect(ENTRY.read(ENTRY.write(each), { key: 'k', path: '' })).toEqual(each)
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  test('no item, however damaged, brings anything but the error for it', () => {
    const damaged = fc.tuple(
      row,
      fc.constantFrom('pk', 'sk', 'v', ...Object.values(ROW).map(({ attr }) => attr)),
      json,
    )
    fc.assert(
      fc.property(damaged, fc.boolean(), ([each, attr, value], gone) => {
        const { [attr]: _, ...rest } = encodeRow(each, SHARDS) as Item
        const item = gone ? rest : { ...rest, [attr]: value }
        try {
          readRecord(item)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(UnreadableItem)
        }
        expect(() => readDueRow(item)).not.toThrow()
        expect(() => readListed(item)).not.toThrow()
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  for (const [status, { must }] of Object.entries(BY_STATUS)) {
    for (const field of must) {
      test(`a ${status} item without its ${field} is unreadable`, () => {
        const sample = fc.sample(
          row.filter((each) => each.status === status),
          { numRuns: 1, seed: SEED },
        )[0]!
        const item: Item = encodeRow(sample, SHARDS)
        const { [ROW[field as keyof typeof ROW].attr]: _, ...without } = item
        expect(readRecord(item)).toEqual(sample)
        expect(() => readRecord(without)).toThrow(UnreadableItem)
      })
    }
  }

  const REQUIRED = Object.entries(ROW).flatMap(([field, { attr, optional }]) =>
    optional ? [] : [{ field, attr }],
  )
  for (const { field, attr } of REQUIRED) {
    test(`an item without its ${field}, or with one of another type, is unreadable and says where`, () => {
      const { [attr]: _, ...without } = encodeRow(A_ROW, SHARDS) as Item
      expect(() => readRecord(without)).toThrow(`P#order-7/PROCESS cannot be read: ${attr}: is missing`)
      expect(() => readRecord({ ...without, [attr]: true })).toThrow(UnreadableItem)
    })
  }

  const DAMAGES: readonly [string, Item, RegExp][] = [
    ['a fraction for a counter', { f: 1.5 }, /f: expected a whole number/],
    ['a negative counter', { q: -1 }, /q: expected a whole number/],
    ['a text for an instant', { ca: 'today' }, /ca: expected epoch milliseconds/],
    ['an unknown status', { s: 'paused' }, /s: expected one of pending/],
    ['a list for a map', { gr: [] }, /gr: expected a map/],
    ['a map with a hole', { gr: { o: 'a' } }, /gr\.i: is missing/],
    ['a text for a flag', { b: 'yes' }, /b: expected true or false/],
    ['an unknown wait', { w: { f: 'rain' } }, /w\.f: names no known variant/],
    ['a wait without a name', { w: {} }, /w\.f: names no known variant/],
    ['a wait named like a method', { w: { f: 'toString' } }, /w\.f: names no known variant/],
    ['an input that is no JSON', { i: '{' }, /i: is no JSON/],
    ['a page pointer of two numbers', { p: '1#2' }, /p: expected a page pointer/],
    ['fewer entries than it counts', { q: 3 }, /of 3 entries, 0 are in pages and 0 in its tail/],
    ['an entry that is no JSON', { t: ['['] }, /t\[0\]: is no JSON/],
    ['an entry that is no list', { t: ['{}'] }, /t\[0\]: expected a log entry/],
    ['an entry with an unknown tag', { t: ['["?",1]'] }, /t\[0\]: no entry has the tag \?/],
    ['an entry that is too short', { t: ['["e",1,0]'] }, /t\[0\]\[3\]: is missing/],
    ['an unknown effect', { t: ['["e",1,0,"?","a",1]'] }, /no effect has the tag \?/],
    ['a signal without a payload', { t: ['["g",1,"n","k",1]'] }, /a signal has no payload/],
    ['a parent that is no process', { pa: { i: 'a b', e: 'cancel' } }, /pa\.i: expected a process id/],
    ['an unknown outcome', { t: ['["e",1,0,"s","a",7]'] }, /no outcome has the form 7/],
    ['a newer version', { v: 2 }, /its version is 2, this code reads 1/],
    ['another partition key', { pk: 'X#1' }, /its partition key names no process/],
    ['an id outside the alphabet', { pk: 'P#a b' }, /its partition key names no process/],
  ]
  for (const [what, damage, message] of DAMAGES) {
    test(`${what} makes an item unreadable`, () => {
      expect(() => readRecord({ ...encodeRow(A_ROW, SHARDS), ...damage })).toThrow(UnreadableItem)
      expect(() => readRecord({ ...encodeRow(A_ROW, SHARDS), ...damage })).toThrow(message)
    })
  }

  test('what a status does not know is left out of its record', () => {
    const item = { ...encodeRow({ ...A_ROW, status: 'pending' }, SHARDS) }
    const record = readRecord(item)
    expect(item).toHaveProperty('gr')
    expect(record).not.toHaveProperty('grant')
    expect(record).not.toHaveProperty('startedAt')
  })

  test('index keys follow from fields: a kind, a scope if there is one, and a due key if it is due', () => {
    const { dueAt: _, ...asleep } = {
      ...A_ROW,
      status: 'waiting' as const,
      wait: { for: 'external' } as const,
    }
    expect(encodeRow(A_ROW, SHARDS)).toMatchObject({
      g: 'k#orders.charge#0',
      d: expect.stringMatching(/^due#[0-7]$/),
      da: NOW,
    })
    expect(encodeRow({ ...asleep, scope: 'tenant' }, SHARDS)).toMatchObject({
      g: 'k#orders.charge#0',
      gs: 's#tenant#0',
    })
    expect(encodeRow(asleep, SHARDS)).not.toHaveProperty('gs')
    expect(encodeRow(asleep, SHARDS)).not.toHaveProperty('d')
    expect(encodeRow(asleep, SHARDS)).not.toHaveProperty('x')
  })

  test('a small step is stored in 45 to 55 bytes', () => {
    const outcome = { ok: true, value: { value: { id: 'ch_81' } } } as const
    const small: Entry = { type: 'effect', at: NOW, position: 2, effect: 'step', name: 'charge', outcome }
    expect(ENTRY.write(small)).toBe('["e",1764000000000,2,"s","charge",1,{"id":"ch_81"}]')
  })

  test('an item expires in the second after its time has passed, never before', () => {
    expect(expireAtSeconds(NOW, 1)).toBe(NOW / 1_000 + 1)
    expect(expireAtSeconds(NOW, 1_000)).toBe(NOW / 1_000 + 1)
    expect(expireAtSeconds(NOW, 0)).toBe(NOW / 1_000)
  })

  describe('of pages', () => {
    const page = {
      first: 3,
      last: 4,
      fence: 2,
      entries: [
        { type: 'end', at: 1, status: 'x' },
        { type: 'end', at: 2, status: 'y' },
      ],
      before: { first: 1, last: 2, fence: 1 },
    } as const

    test('reads what it wrote, with and without a page before', () => {
      const item = pageItem('a' as ProcessId, page)
      expect(item).toMatchObject({ pk: 'P#a', sk: 'LOG#000000000004#000000000003#2' })
      expect(readPage(item)).toEqual(page)
      const { before: _, ...rest } = page
      const first = { ...rest, first: 1, last: 2 }
      expect(readPage(pageItem('a' as ProcessId, first))).toEqual(first)
    })

    test('refuses a page that does not hold what its key says, when it writes and when it reads', () => {
      expect(() => pageItem('a' as ProcessId, { ...page, last: 5 })).toThrow(/a page holds what its key says/)
      const item: Item = pageItem('a' as ProcessId, page)
      const damages: readonly Item[] = [
        { t: ['["z",1,"x"]'] },
        { t: 7 },
        { sk: 'LOG#x' },
        { sk: 5 },
        { v: 2 },
        { p: 'x' },
        { p: '1#1#1' },
      ]
      for (const damage of damages) expect(() => readPage({ ...item, ...damage })).toThrow(UnreadableItem)
      const { t: _, ...without } = item
      expect(() => readPage(without)).toThrow(UnreadableItem)
    })
  })
})
