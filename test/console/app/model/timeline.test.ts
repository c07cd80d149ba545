import { expect, test } from 'vitest'
import { segmentsOf } from '../../../../lib/console/app/model/segments.ts'
import { lanesOf, marksOf, timelineSummary } from '../../../../lib/console/app/model/timeline.ts'
import { changeTheCode, KINDS, lived, newKit, TAKEN_OVER_AFTER_WRITE } from './histories.ts'

const MINUTE = 60_000

test('an order that a worker died with shows who held it, for how long, and its take-over', async () => {
  const kit = newKit()
  kit.crashAtWrite(TAKEN_OVER_AFTER_WRITE)
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  const { view, entries, now } = await lived(kit, 'order-1')
  const segments = segmentsOf(entries, view, now)
  const [lost] = segments.filter(({ kind }) => kind === 'lost')
  const [takeover] = marksOf(entries).filter(({ type }) => type === 'takeover')

  expect(takeover?.takeover).toMatchObject({ from: 'test-worker-1', to: 'test-worker-2' })
  expect(lost).toMatchObject({ owner: 'test-worker-1', to: takeover?.at })
  expect(segments.map(({ kind, why }) => (why === undefined ? kind : `${kind}: ${why}`))).toEqual([
    'lost',
    'waiting: next attempt of charge',
    'waiting: child order-1.2',
    'waiting: sleep cooling-off',
    'waiting: signal "approve"',
  ])
  // Without gaps from its creation to now.
  expect(segments.map(({ from }) => from)).toEqual([
    view.createdAt,
    ...segments.slice(0, -1).map(({ to }) => to),
  ])
  expect(segments.at(-1)?.to).toBe(now)
})

test('lanesOf() has a lane for each effect, with failed attempts, its child and its own end', async () => {
  const kit = newKit()
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  const { view, entries } = await lived(kit, 'order-1')
  const lanes = lanesOf(entries, view.startedAt)

  expect(lanes.map(({ effect, name, state }) => `${effect} ${name} ${state}`)).toEqual([
    'now now done',
    'step charge done',
    'start shipment done',
    'child order-1.2 done',
    'sleep cooling-off done',
    'signal approve open',
  ])
  const [, charge, start, wait, sleep, signal] = lanes
  expect(charge?.attempts.map(({ error }) => error.message)).toEqual(['the bank is busy', 'the bank is busy'])
  expect(start?.child).toBe('order-1.2')
  expect(wait).toMatchObject({ child: 'order-1.2', to: (wait?.from ?? 0) + 40_000 })
  expect((sleep?.to ?? 0) - (sleep?.from ?? 0)).toBe(20 * MINUTE)
  expect(signal?.dueAt).toBe((signal?.from ?? 0) + 30 * 60 * MINUTE)
  expect(timelineSummary(lanes, marksOf(entries))).toBe('6 effects, 1 open, 1 with failed attempts')
})

test('a failed order ends with its mark, and no segment goes past its end', async () => {
  const kit = newKit()
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  await kit.signal('order-1', 'approve', 'no')
  const { view, entries, now } = await lived(kit, 'order-1')
  const marks = marksOf(entries)

  expect(view.status).toBe('failed')
  expect(marks.map(({ type, name }) => `${type} ${name}`)).toEqual([
    'child order-1.2 completed',
    'signal approve',
    'end failed',
  ])
  expect(segmentsOf(entries, view, now + MINUTE).at(-1)?.to).toBe(view.endedAt)
})

test('a stuck process is stuck from the moment on which it could not be replayed', async () => {
  const kit = newKit()
  await kit.start(KINDS.invoice, null, { id: 'invoice-1' })
  await kit.skip({ minutes: 5 })
  changeTheCode()
  await kit.signal('invoice-1', 'paid', 1)
  await kit.skip({ minutes: 3 })
  const { view, entries, now } = await lived(kit, 'invoice-1')
  const stuck = segmentsOf(entries, view, now).at(-1)

  expect(stuck).toMatchObject({ kind: 'stuck', to: now })
  expect(now - (stuck?.from ?? 0)).toBe(3 * MINUTE)
})

test('a process that was never claimed is queued, and one with a lapsed lease is lost since then', async () => {
  const kit = newKit()
  await kit.client.start(KINDS.order, null, { id: 'order-1' })
  const { view, entries, now } = await lived(kit, 'order-1')
  expect(segmentsOf(entries, view, now + MINUTE)).toEqual([
    { kind: 'queued', from: view.createdAt, to: now + MINUTE },
  ])

  const lease = { ownerId: 'w-1', claimedAt: now, expiresAt: now + 30_000 }
  const running = { ...view, status: 'running', startedAt: now, lease } as const
  expect(segmentsOf(entries, running, now + MINUTE)).toEqual([
    { kind: 'running', from: now, to: now + 30_000, owner: 'w-1' },
    { kind: 'lost', from: now + 30_000, to: now + MINUTE, owner: 'w-1' },
  ])
})
