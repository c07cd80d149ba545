import { expect, test, vi } from 'vitest'
import type { Processes } from '../../../lib/client/processes.ts'
import { InvalidId, InvalidInput, SlotInUse, UnknownProcess } from '../../../lib/model/errors.ts'
import type { LogEntry } from '../../../lib/model/log.ts'
import type { Operations } from '../../../lib/client/operations.ts'
import { approval, broken, definitions, echo, family, flaky, payment } from '../fixtures/definitions.ts'
import { freshId } from './bed.ts'

/** An index shows a write a moment later, and a busy machine takes its time. */
const PATIENTLY = { timeout: 20_000 }

/** What `Operations` promises, whatever stands behind it: workers run the kinds of the fixtures meanwhile. */
export function operationsSuite(open: () => Operations, processes: () => Processes): void {
  test('kinds() lists each deployed kind by name, with its schemas as JSON Schema', async () => {
    const kinds = await open().kinds()
    expect(kinds.map(({ kind }) => kind)).toEqual(definitions.map(({ kind }) => kind).toSorted())
    expect(kinds.find(({ kind }) => kind === 'echo')).toEqual({
      kind: 'echo',
      recovery: 'rerun',
      input: {
        type: 'object',
        properties: { n: { type: 'number' }, note: { type: 'string' } },
        required: ['n'],
      },
      output: { type: 'object', properties: { doubled: { type: 'number' } }, required: ['doubled'] },
    })
    expect(kinds.find(({ kind }) => kind === 'manual')).toMatchObject({ recovery: 'external' })
  })

  test('attention() lists a failed process with its code, and counts() counts it', async () => {
    const id = freshId('broken')
    await processes().start(broken, { why: 'no luck' }, { id, scope: 'tenant-9' })
    await processes().result(id)
    const rows = async () => (await open().attention({ status: 'failed' })).items
    const [found] = await vi.waitUntil(async () => {
      const [row] = (await rows()).filter((each) => each.id === id)
      return row === undefined ? undefined : [row]
    }, PATIENTLY)
    expect(found).toMatchObject({ kind: 'broken', status: 'failed', scope: 'tenant-9', at: found?.endedAt })
    const [counted] = await open().counts({ kind: 'broken' })
    expect(counted?.counts.failed).toBeGreaterThan(0)
    expect((await open().counts()).map(({ kind }) => kind)).toEqual(
      definitions.map(({ kind }) => kind).toSorted(),
    )
    await expect(open().attention({ status: 'completed' as 'failed' })).rejects.toThrow(InvalidInput)
    await expect(open().counts({ kinds: ['broken'] } as object)).rejects.toThrow(InvalidInput)
  })

  test('list() without a kind or a scope merges all kinds, with a scope or without', async () => {
    const ids = [freshId('plain'), freshId('scoped')]
    await processes().start(echo, { n: 1 }, { id: ids[0]! })
    await processes().start(approval, {}, { id: ids[1]!, scope: 'tenant-9' })
    const all = async () => {
      const first = await processes().list({ limit: 1 })
      const rest = await processes().list({ cursor: first.cursor! })
      return [...first.items, ...rest.items]
    }
    const rows = await vi.waitUntil(async () => {
      const listed = await all()
      return ids.every((id) => listed.some((row) => row.id === id)) ? listed : undefined
    }, PATIENTLY)
    expect(new Set(rows.map(({ kind }) => kind)).size).toBeGreaterThan(1)
    expect(rows.map(({ createdAt }) => createdAt)).toEqual(
      rows.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
    )
    for (const id of ids) expect(rows.filter((row) => row.id === id)).toHaveLength(1)
  })

  test('children() lists children with their ends, and payload() loads large values', async () => {
    const id = freshId('family')
    const note = 'n'.repeat(2_000)
    await processes().start(family, { note }, { id })
    await processes().result(id)
    expect(await open().children(id)).toEqual([
      {
        id: `${id}.0`,
        kind: 'echo',
        startedAt: expect.any(Number),
        onEnd: 'cancel',
        ended: { status: 'completed', at: expect.any(Number) },
      },
    ])
    expect(await open().payload(id, 0)).toEqual({ seq: 0, value: { note } })
    const log: LogEntry[] = []
    for await (const entry of processes().events(id)) log.push(entry)
    const seqOf = (effect: string) =>
      log.find((entry) => entry.type === 'effect' && entry.effect === effect)?.seq ?? 0
    expect(await open().payload(id, seqOf('step'))).toEqual({ seq: seqOf('step'), value: note })
    await expect(open().payload(id, log.length + 1)).rejects.toThrow(InvalidInput)
    await expect(open().payload(id, log.length)).rejects.toThrow('has no value')
    await expect(open().payload(id, 0.5)).rejects.toThrow(InvalidInput)
    await expect(open().children(freshId('none'))).rejects.toThrow(UnknownProcess)
    await expect(open().payload(freshId('none'), 0)).rejects.toThrow(UnknownProcess)
  })

  test('waits() lists what a process waits for, with its times and how each wait is answered', async () => {
    const {
      approval: a,
      payment: p,
      flaky: f,
    } = {
      approval: freshId('approval'),
      payment: freshId('payment'),
      flaky: freshId('flaky'),
    }
    await processes().start(approval, {}, { id: a })
    await processes().start(payment, {}, { id: p })
    await processes().start(flaky, {}, { id: f })
    const parked = (id: string) =>
      vi.waitUntil(async () => {
        const record = await processes().get(id)
        return record?.status === 'waiting' ? record.wait : undefined
      }, PATIENTLY)
    const since = (await parked(a))?.since
    expect(await open().waits(a)).toEqual({
      id: a,
      status: 'waiting',
      waits: [
        {
          for: 'signal',
          name: 'approved',
          since,
          answer: { by: 'signal', request: `POST /v1/processes/${a}/signals` },
        },
      ],
    })
    await parked(p)
    const token = { by: 'token', request: 'POST /v1/callbacks/complete' }
    expect((await open().waits(p)).waits).toMatchObject([{ for: 'callback', name: 'paid', answer: token }])
    await parked(f)
    const again = (await processes().get(f))?.dueAt
    expect((await open().waits(f)).waits).toMatchObject([
      { for: 'retry', name: 'ask the bank', until: again, error: { message: '503' }, answer: { by: 'time' } },
    ])
    await processes().signal(a, { name: 'approved', key: 'k' })
    await processes().result(a)
    expect(await open().waits(a)).toEqual({ id: a, status: 'completed', waits: [] })
    await expect(open().waits(freshId('none'))).rejects.toThrow(UnknownProcess)
  })

  test('slots() shows a key’s places, and releaseSlot() takes none of an open process', async () => {
    const key = `account/7 ${freshId('key')}`
    const [first, second] = [freshId('first'), freshId('second')]
    const concurrency = { key, limit: 1 }
    await processes().start(approval, {}, { id: first, concurrency })
    const holders = async () => (await open().slots(key)).holders
    await vi.waitUntil(async () => (await holders()).includes(first), PATIENTLY)
    await processes().start(approval, {}, { id: second, concurrency })
    await vi.waitUntil(async () => (await open().slots(key)).waiting === 1, PATIENTLY)
    expect(await open().slots(key)).toEqual({
      key,
      limit: 1,
      waiting: 1,
      holders: [first],
      queue: [second],
    })
    await expect(open().releaseSlot({ key, id: first })).rejects.toThrow(SlotInUse)
    await processes().signal(first, { name: 'approved', key: 'k' })
    await vi.waitUntil(async () => (await holders()).includes(second), PATIENTLY)
    expect(await open().releaseSlot({ key, id: first })).toEqual({ released: false, woken: [] })
    await processes().cancel(second)
    await expect(open().slots('')).rejects.toThrow(InvalidInput)
    await expect(open().releaseSlot({ key, id: 'a b' })).rejects.toThrow(InvalidId)
  })

  test('health() shows each shard, each queue and a pass of the sweep', async () => {
    const seen = await vi.waitUntil(async () => {
      const health = await open().health()
      return health.sweep === undefined ? undefined : health
    }, PATIENTLY)
    expect(seen.due.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(seen.queues.map(({ queue }) => queue)).toEqual(['work', 'urgent', 'isolation', 'dead-letter'])
    for (const depth of seen.queues) expect(depth).toMatchObject({ visible: expect.any(Number) as number })
    expect(seen.sweep).toMatchObject({ heldBack: false, failedShards: 0 })
    expect(seen.at - (seen.sweep?.at ?? 0)).toBeLessThan(60_000)
    expect(seen.problems.filter(({ code }) => code !== 'dead_letters')).toEqual([])
  })
}
