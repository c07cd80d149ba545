import { expect, test } from 'vitest'
import { CommitBuffer } from '../../../lib/effects/engine/commit-buffer.ts'
import { COMMIT_HOLD_MS } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'

const entry = (position: number): Entry => ({
  type: 'effect',
  at: 0,
  position,
  effect: 'step',
  name: 's',
  outcome: { ok: true },
})

function setUp() {
  const clock = new VirtualClock()
  const writes: number[][] = []
  const failures: unknown[] = []
  const gates: { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void }[] = []
  const buffer = new CommitBuffer({
    clock,
    onFailure: (error) => failures.push(error),
    commit: (entries) => {
      writes.push(entries.map((e) => (e.type === 'effect' ? e.position : -1)))
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    },
  })
  return { clock, buffer, writes, failures, gates }
}

test('a held outcome is written on its own after the hold time, not before', async () => {
  const { clock, buffer, writes } = setUp()
  buffer.hold(entry(0))
  await clock.advance(COMMIT_HOLD_MS - 1)
  expect(writes).toEqual([])
  await clock.advance(1)
  expect(writes).toEqual([[0]])
})

test('a flush writes at once, and settles when the write is durable', async () => {
  const { clock, buffer, writes, gates } = setUp()
  buffer.hold(entry(0))
  let durable = false
  const flushed = buffer.flush().then(() => (durable = true))
  await clock.settle()
  expect([writes, durable]).toEqual([[[0]], false])
  gates[0]!.resolve()
  await flushed
  expect(durable).toBe(true)
  expect(clock.pending).toBe(0)
})

test('outcomes that arrive while a write is in flight go into the next one together', async () => {
  const { buffer, writes, gates, clock } = setUp()
  buffer.hold(entry(0))
  const first = buffer.flush()
  buffer.hold(entry(1))
  const second = buffer.flush()
  buffer.hold(entry(2))
  const third = buffer.flush()
  await clock.settle()
  expect(writes).toEqual([[0]])
  gates[0]!.resolve()
  await first
  await clock.settle()
  expect(writes).toEqual([[0], [1, 2]])
  gates[1]!.resolve()
  await Promise.all([second, third])
})

test('a flush with nothing held still waits for the write in flight', async () => {
  const { buffer, gates, clock } = setUp()
  buffer.hold(entry(0))
  const first = buffer.flush()
  let settled = false
  const empty = buffer.flush().then(() => (settled = true))
  await clock.settle()
  expect(settled).toBe(false)
  gates[0]!.resolve()
  await Promise.all([first, empty])
})

test('draining hands over what is held and writes nothing more', async () => {
  const { buffer, writes, gates, clock } = setUp()
  buffer.hold(entry(0))
  const first = buffer.flush()
  buffer.hold(entry(1))
  const drained = buffer.drain()
  gates[0]!.resolve()
  await first
  expect(await drained).toEqual([entry(1)])
  await clock.advance(COMMIT_HOLD_MS * 2)
  expect(writes).toEqual([[0]])
})

test('nothing is written while an uncertain write is in flight, and its entries go first', async () => {
  const { buffer, writes, gates, clock } = setUp()
  const trial = Promise.withResolvers<boolean>()
  const taken: (readonly Entry[])[] = []
  buffer.hold(entry(0))
  const tried = buffer.tryWrite((entries) => {
    taken.push(entries)
    return trial.promise
  })
  await clock.settle()
  const withChild = buffer.writeWith(entry(1), async (entries) => {
    writes.push(entries.map((e) => (e.type === 'effect' ? e.position : -1)))
  })
  buffer.hold(entry(2))
  await clock.advance(COMMIT_HOLD_MS * 2)
  expect([taken, writes]).toEqual([[[entry(0)]], []])
  trial.resolve(false)
  expect(await tried).toBe(false)
  await clock.settle()
  for (const gate of gates) gate.resolve()
  await withChild
  expect(new Set(writes.flat())).toEqual(new Set([0, 1, 2]))
  expect(writes.flat()[0]).toBe(0)
})

test('entries of a failed write are written after the hold time, before later entries', async () => {
  const { buffer, writes, clock } = setUp()
  const trial = Promise.withResolvers<boolean>()
  buffer.hold(entry(0))
  const tried = buffer.tryWrite(() => trial.promise)
  buffer.hold(entry(1))
  trial.resolve(false)
  expect(await tried).toBe(false)
  await clock.advance(COMMIT_HOLD_MS - 1)
  expect(writes).toEqual([])
  await clock.advance(1)
  expect(writes).toEqual([[0, 1]])
})

test('a write that may fail fails for all who wait for it', async () => {
  const { buffer, writes, clock, failures } = setUp()
  buffer.hold(entry(0))
  const waiting = [
    buffer.tryWrite(() => Promise.reject(new Error('no'))),
    buffer.flush(),
    buffer.writeWith(entry(1), () => Promise.resolve()),
  ]
  for (const each of waiting) await expect(each).rejects.toThrow('no')
  await clock.advance(COMMIT_HOLD_MS)
  expect([writes, failures]).toEqual([[], []])
})

test('what waited for a write that was made is written no more once all is discarded', async () => {
  const { buffer, writes, clock } = setUp()
  const tried = buffer.tryWrite(async () => {
    await clock.turn()
    buffer.discard()
    return true
  })
  const withChild = buffer.writeWith(entry(1), () => Promise.reject(new Error('not to be written')))
  await clock.settle()
  expect(await tried).toBe(true)
  await withChild
  await clock.advance(COMMIT_HOLD_MS)
  expect(writes).toEqual([])
})

test('a write that failed leaves nothing in the way of the next', async () => {
  const { buffer, writes } = setUp()
  buffer.hold(entry(0))
  await expect(buffer.tryWrite(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  buffer.hold(entry(1))
  void buffer.flush()
  expect(writes).toEqual([[1]])
})

test('a failed write rejects its waiters, or is logged when there is no waiter', async () => {
  const { buffer, failures, gates, clock } = setUp()
  buffer.hold(entry(0))
  const flushed = buffer.flush()
  gates[0]!.reject(new Error('no'))
  await expect(flushed).rejects.toThrow('no')
  buffer.hold(entry(1))
  await clock.advance(COMMIT_HOLD_MS)
  gates[1]!.reject(new Error('again no'))
  await clock.settle()
  expect(failures).toEqual([new Error('again no')])
})

/** A write is in flight, another of the caller's own waits for it, and then an outcome is held and waited for. */
async function queuedBehind(of: ReturnType<typeof setUp>, waits: () => Promise<unknown>) {
  const { buffer, gates, clock } = of
  buffer.hold(entry(0))
  const first = buffer.flush()
  const behind = waits()
  await clock.settle()
  buffer.hold(entry(1))
  let durable = false
  const flushed = buffer.flush().then(() => (durable = true))
  gates[0]!.resolve()
  await first
  await clock.settle(5)
  return { behind, flushed, durable: () => durable }
}

test('an outcome that a caller’s own write includes is durable only after that write [C35]', async () => {
  const parts = setUp()
  const own = Promise.withResolvers<void>()
  const taken: number[] = []
  const { behind, flushed, durable } = await queuedBehind(parts, () =>
    parts.buffer.writeWith(entry(9), (entries) => {
      taken.push(entries.length)
      return own.promise
    }),
  )
  expect([taken, durable()]).toEqual([[2], false])
  own.resolve()
  await Promise.all([behind, flushed])
  expect(durable()).toBe(true)
})

test('an outcome given to a write that failed is durable only once it is written [C35]', async () => {
  const parts = setUp()
  const own = Promise.withResolvers<boolean>()
  const { behind, flushed, durable } = await queuedBehind(parts, () =>
    parts.buffer.tryWrite(() => own.promise),
  )
  expect([parts.writes, durable()]).toEqual([[[0]], false])
  own.resolve(false)
  expect(await behind).toBe(false)
  await parts.clock.settle(5)
  expect([parts.writes, durable()]).toEqual([[[0], [1]], false])
  parts.gates[1]!.resolve()
  await flushed
})

test('who drains while a write that may fail is open waits for what comes back of it', async () => {
  const { buffer, clock, writes } = setUp()
  buffer.hold(entry(0))
  const own = Promise.withResolvers<boolean>()
  const tried = buffer.tryWrite(() => own.promise)
  const drained = buffer.drain()
  own.resolve(false)
  await tried
  expect(await drained).toEqual([entry(0)])
  await clock.advance(COMMIT_HOLD_MS * 2)
  expect(writes).toEqual([])
})

test('every outcome of a write that follows another at once waits for that write [C35]', async () => {
  for (let microtasks = 0; microtasks < 12; microtasks += 1) {
    const { buffer, writes, gates } = setUp()
    buffer.hold(entry(0))
    const first = buffer.flush()
    buffer.hold(entry(1))
    let durable = false
    void buffer.flush().then(() => (durable = true))
    gates[0]!.resolve()
    for (let passed = 0; passed < microtasks; passed += 1) await Promise.resolve()
    void buffer.flush()
    await first
    for (let passed = 0; passed < 20; passed += 1) await Promise.resolve()
    expect([microtasks, writes, durable]).toEqual([microtasks, [[0], [1]], false])
  }
})
