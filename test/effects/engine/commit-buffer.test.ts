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

test('what a write of the caller’s own leaves unwritten goes before what came meanwhile', async () => {
  const { buffer, writes, clock } = setUp()
  buffer.hold(entry(0))
  const asked = Promise.withResolvers<boolean>()
  const taken: (readonly Entry[])[] = []
  const kept = buffer.writeOrKeep((entries) => {
    taken.push(entries)
    return asked.promise
  })
  buffer.hold(entry(1))
  await clock.advance(COMMIT_HOLD_MS * 2)
  expect([taken, writes]).toEqual([[[entry(0)]], []])
  asked.resolve(false)
  expect(await kept).toBe(false)
  await clock.advance(COMMIT_HOLD_MS)
  expect(writes).toEqual([[0, 1]])
})

test('a write of the caller’s own that fails leaves nothing in the way of the next', async () => {
  const { buffer, writes } = setUp()
  buffer.hold(entry(0))
  await expect(buffer.writeOrKeep(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  buffer.hold(entry(1))
  void buffer.flush()
  expect(writes).toEqual([[1]])
})

test('a write that fails is thrown to who waits, and told where nobody does', async () => {
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
