import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { expect, test } from 'vitest'
import type { ProcessRow } from '../../lib/model/record.ts'
import { RETENTION_MS } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import type { BusEvent, PutResult } from '../../lib/status-events/bus.ts'
import type { DeadRecord } from '../../lib/status-events/dead-letters.ts'
import { serveRecords, type ServeParts } from '../../lib/status-events/serve.ts'
import { encodeRow } from '../../lib/registry/codec/rows.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { Told } from '../helpers/world.ts'

const NOW = 1_764_000_000_000

function row(id: string, status: ProcessRow['status'], more: Partial<ProcessRow> = {}): ProcessRow {
  const registration = toRegistration({ id, kind: 'order', input: null })
  const input = { ref: 'i-hash', bytes: 900 }
  const base = { hash: 'h', fence: 1, commit: 1, seq: 0, tail: [], stalls: 0, createdAt: NOW, input }
  return { ...registration, ...base, status, ...more }
}

let numbers = 100
function record(before: ProcessRow | undefined, after: ProcessRow | undefined): DynamoDBRecord {
  const image = (one: ProcessRow | undefined) =>
    one === undefined ? undefined : (marshall(encodeRow(one, { due: 8, list: 1 })) as never)
  numbers += 1
  const id = (after ?? before)?.id ?? ''
  return {
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      Keys: { pk: { S: `P#${id}` }, sk: { S: 'PROCESS' } },
      SequenceNumber: String(numbers),
      ApproximateCreationDateTime: NOW / 1_000,
      ...(before === undefined ? {} : { OldImage: image(before) }),
      ...(after === undefined ? {} : { NewImage: image(after) }),
    },
  }
}

const ENDED = { endedAt: NOW, output: { outcome: 'success', value: { value: 1 } } } as const

/** Ports that do as told. */
function parts(
  more: { take?: (event: BusEvent) => PutResult; deadLetter?: () => void; setExpiry?: () => number } = {},
) {
  const told = new Told()
  const published: BusEvent[] = []
  const deadLettered: DeadRecord[] = []
  const let_go: unknown[] = []
  const cleared: string[] = []
  const { take = () => 'taken', deadLetter = () => undefined, setExpiry = () => 1 } = more
  const all: ServeParts = {
    bus: {
      put: async (events) => {
        const answers = events.map(take)
        published.push(...events.filter((_, index) => answers[index] === 'taken'))
        return answers
      },
    },
    clock: {
      now: () => NOW,
      after: (_ms, callback) => {
        queueMicrotask(callback)
        return () => undefined
      },
      turn: () => Promise.resolve(),
    },
    chance: seededChance(3),
    mayGoOn: () => true,
    telemetry: told,
    deadRecords: {
      put: async (dead) => {
        deadLetter()
        deadLettered.push(dead)
      },
    },
    retention: {
      setExpiry: async (id, until) => {
        let_go.push([id, until])
        return setExpiry()
      },
      clear: async (id) => {
        cleared.push(id)
        return 0
      },
    },
  }
  return { all, told, published, deadLettered, let_go, cleared }
}

const started = (id: string) => record(undefined, row(id, 'running'))
const ended = (id: string) => record(row(id, 'running'), row(id, 'completed', ENDED))

test('a batch of which all is done answers with nothing', async () => {
  const { all, published, told } = parts()
  expect(await serveRecords(all, [started('a'), ended('a'), started('b')])).toBeUndefined()
  expect(published.map(({ detail }) => [detail.id, detail.status])).toEqual([
    ['a', 'running'],
    ['b', 'running'],
    ['a', 'completed'],
  ])
  expect(told.counts.get('StatusEventPublished')).toBe(3)
})

test('the answer names the first record whose event was not taken', async () => {
  const { all, told } = parts({
    take: ({ detail }) => (detail.id === 'b' ? { failed: 'again', because: 'down' } : 'taken'),
  })
  const records = [started('a'), started('b'), started('c'), ended('b')]
  expect(await serveRecords(all, records)).toBe(records[1]?.dynamodb?.SequenceNumber)
  expect(told.counts.get('StatusEventDelayed')).toBe(3)
})

test('an item of a newer shape is published, as far as it is readable', async () => {
  const newer = record(undefined, row('a', 'running'))
  Object.assign(newer.dynamodb?.NewImage ?? {}, { v: { N: '9' }, w: { M: { f: { S: 'the moon' } } } })
  const { all, published, deadLettered } = parts()
  expect(await serveRecords(all, [newer])).toBeUndefined()
  expect(published.map(({ type }) => type)).toEqual(['Process Started'])
  expect(deadLettered).toEqual([])
})

test('a number beyond floats costs no process its event or the expiry of its items', async () => {
  const foreign = [
    { zz: { N: '1e100' } },
    { da: { N: '9007199254740993' } },
    { zz: { M: { n: { N: '-9007199254740993' } } } },
    { zz: { NS: ['9007199254740993'] } },
    { zz: { B: 'AAAA' } },
  ]
  const { all, published, deadLettered, let_go } = parts()
  const hurt = foreign.flatMap((attributes, index) => {
    const [inNew, inOld] = [ended(`new-${index}`), ended(`old-${index}`)]
    Object.assign(inNew.dynamodb?.NewImage ?? {}, attributes)
    Object.assign(inOld.dynamodb?.OldImage ?? {}, attributes)
    return [inNew, inOld]
  })
  expect(await serveRecords(all, [started('a'), ...hurt, started('b')])).toBeUndefined()
  expect(published).toHaveLength(hurt.length + 2)
  expect(
    published.every(({ detail }) => detail.status === 'running' || detail.previousStatus === 'running'),
  ).toBe(true)
  expect(let_go).toHaveLength(hurt.length)
  expect(deadLettered).toEqual([])
})

test('AuditBreach counts each write of an open process without a due time, and no other [C52]', async () => {
  const due = { dueAt: NOW + 1_000 }
  const kept = [
    record(undefined, row('pending', 'pending', due)),
    record(undefined, row('running', 'running', due)),
    record(undefined, row('asleep', 'waiting', { ...due, wait: { for: 'worker' } })),
    record(undefined, row('external', 'waiting', { wait: { for: 'external' } })),
    record(undefined, row('signal', 'waiting', { wait: { for: 'effects', on: ['signal:s'] } })),
    record(
      undefined,
      row('stuck', 'stuck', { wait: { for: 'resume', error: { class: 'E', code: 'c', message: 'm' } } }),
    ),
    record(row('ended', 'running', due), row('ended', 'completed', ENDED)),
  ]
  const newer = record(undefined, row('newer', 'waiting', { wait: { for: 'external' } }))
  Object.assign(newer.dynamodb?.NewImage ?? {}, { w: { M: { f: { S: 'the moon' } } } })
  const forgotten = [
    record(undefined, row('lost-1', 'pending')),
    record(row('lost-2', 'waiting', due), row('lost-2', 'waiting', { wait: { for: 'worker' } })),
    record(row('lost-3', 'waiting', due), row('lost-3', 'running')),
  ]
  const { all, told } = parts()
  expect(await serveRecords(all, [...kept, newer])).toBeUndefined()
  expect(told.counts.get('AuditBreach')).toBeUndefined()
  expect(await serveRecords(all, forgotten)).toBeUndefined()
  expect(told.counts.get('AuditBreach')).toBe(3)
  expect(told.lines.map(({ facts }) => facts)).toEqual(['lost-1', 'lost-2', 'lost-3'].map((id) => ({ id })))
})

test('items of other kinds, known or not, ask for nothing', async () => {
  const other = (sk: string): DynamoDBRecord => ({
    eventName: 'INSERT',
    dynamodb: { Keys: { pk: { S: 'P#a' }, sk: { S: sk } }, SequenceNumber: '1', NewImage: { z: { S: 'x' } } },
  })
  const { all, published, deadLettered } = parts()
  expect(
    await serveRecords(all, [other('LEASE'), other('FUTURE#1'), { eventName: 'MODIFY' }]),
  ).toBeUndefined()
  expect([published, deadLettered]).toEqual([[], []])
})

test('a damaged item is a dead letter that holds its key and nothing of its content', async () => {
  const damaged = started('a')
  Object.assign(damaged.dynamodb?.NewImage ?? {}, { s: { S: 'asleep' }, i: { S: 'secret' } })
  const { all, deadLettered, published, told } = parts()
  expect(await serveRecords(all, [damaged, started('b')])).toBeUndefined()
  expect(deadLettered).toEqual([
    {
      key: 'P#a/PROCESS',
      eventName: 'INSERT',
      sequenceNumber: damaged.dynamodb?.SequenceNumber,
      code: 'unreadable_item',
      reason: expect.stringContaining('expected one of') as string,
    },
  ])
  expect(JSON.stringify(deadLettered)).not.toContain('secret')
  expect(published.map(({ detail }) => detail.id)).toEqual(['b'])
  expect(told.counts.get('StatusEventDeadLettered')).toBe(1)
})

test('a dead letter that cannot be put is tried again with the stream', async () => {
  const damaged = started('a')
  Object.assign(damaged.dynamodb?.NewImage ?? {}, { s: { S: 'asleep' } })
  const { all } = parts({
    deadLetter: () => {
      throw new Error('no queue')
    },
  })
  expect(await serveRecords(all, [started('b'), damaged])).toBe(damaged.dynamodb?.SequenceNumber)
})

test('an end expires the items beside the row, a removal the rest, and nothing else does', async () => {
  const { all, let_go, cleared, told } = parts()
  const removed = record(row('gone', 'completed', ENDED), undefined)
  await serveRecords(all, [started('a'), ended('a'), removed])
  expect(let_go).toEqual([['a', NOW + RETENTION_MS]])
  expect(cleared).toEqual(['gone'])
  expect(told.counts.get('ExpirySet')).toBe(1)
})

test('an end whose related items get no expiry is delivered again', async () => {
  const { all } = parts({
    setExpiry: () => {
      throw new Error('throttled')
    },
  })
  const records = [started('b'), ended('a')]
  expect(await serveRecords(all, records)).toBe(records[1]?.dynamodb?.SequenceNumber)
})

test('a process whose row is removed loses its large values, but for those of the day before', async () => {
  const { all } = parts()
  const released: unknown[] = []
  const release = async (...asked: unknown[]) => released.push(asked)
  const large = { maxBytes: 1, put: async () => {}, get: async () => undefined, release }
  const gone = record(row('p', 'completed', ENDED), undefined)
  expect(
    await serveRecords({ ...all, large }, [gone, record(undefined, row('q', 'pending'))]),
  ).toBeUndefined()
  expect(released).toEqual([['p', NOW - 24 * 3_600_000]])
})

test('large values that cannot be let go of hold up no stream, and are named in the log', async () => {
  const { all, told } = parts()
  const release = () => Promise.reject(new Error('AccessDenied'))
  const large = { maxBytes: 1, put: async () => {}, get: async () => undefined, release }
  const gone = record(row('p', 'completed', ENDED), undefined)
  expect(await serveRecords({ ...all, large }, [gone])).toBeUndefined()
  expect(told.lines).toMatchObject([
    {
      level: 'error',
      facts: { id: 'p' },
      message: expect.stringMatching(/large values .* could not be marked for removal/u) as string,
    },
  ])
})
