import { expect, test } from 'vitest'
import { Waits, type PendingWait } from '../../../lib/effects/engine/waits.ts'
import type { LogEntry, Outcome } from '../../../lib/model/log.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'

const DONE: Outcome = { ok: true }
const childEnd = (id: string): LogEntry => ({ type: 'child', at: 0, id, status: 'completed', seq: 1 })
const signal = (name: string): LogEntry => ({
  type: 'signal',
  at: 0,
  name,
  key: 'k',
  payload: { value: null },
  seq: 1,
})

/** Waits of a run, what has arrived for them, and how often they were looked at. */
function bed() {
  const clock = new VirtualClock()
  const failures: unknown[] = []
  const waits = new Waits({ clock, onFailure: (error) => void failures.push(error), onRest: () => {} })
  const ended: number[] = []
  const arrived = new Map<string, number>()
  const counts = { looks: 0, dueAts: 0 }
  function add(position: number, takes: PendingWait['takes'], more: Partial<PendingWait> = {}): void {
    const wait: PendingWait = {
      call: { position, effect: takes?.kind ?? 'sleep', name: String(takes?.what ?? 'nap') },
      ...(takes === undefined ? {} : { takes }),
      dueAt: () => undefined,
      look() {
        counts.looks += 1
        const what = String(takes?.what)
        const left = arrived.get(what) ?? 0
        if (left === 0) return undefined
        if (takes?.kind === 'signal') arrived.set(what, left - 1)
        return DONE
      },
      atDue: () => DONE,
      shielded: false,
      ...more,
    }
    void waits.add(wait).then(() => void ended.push(position))
  }
  async function arrive(...entries: LogEntry[]): Promise<void> {
    for (const entry of entries) {
      const what = entry.type === 'signal' ? entry.name : entry.type === 'child' ? entry.id : ''
      arrived.set(what, (arrived.get(what) ?? 0) + 1)
    }
    waits.arrived(entries)
    await clock.settle(2)
  }
  return { clock, waits, ended, counts, failures, add, arrive }
}

test('an arrival is shown to the waits that take it, and to no other of thousands', async () => {
  const { clock, waits, ended, counts, add, arrive } = bed()
  const count = 4_000
  const dueAt = clock.now() + 90_000
  for (let n = 0; n < count; n += 1) add(n, { kind: 'child', what: `p.${n}` }, { dueAt: () => dueAt + n })
  expect(counts.looks).toBe(count)
  for (let n = count - 1; n >= 0; n -= 1) await arrive(childEnd(`p.${n}`), signal('noise'))
  expect(counts.looks).toBe(2 * count)
  expect(ended).toHaveLength(count)
  expect(waits.size).toBe(0)
}, 30_000)

test('of many waits for one name the earliest positions take, whatever order they came in [C38]', async () => {
  const { ended, counts, add, arrive } = bed()
  for (const position of [7, 3, 9, 1, 5]) add(position, { kind: 'signal', what: 'go' })
  counts.looks = 0
  await arrive(signal('go'), signal('go'))
  expect(ended).toEqual([1, 3])
  expect(counts.looks).toBe(2)
  await arrive(signal('go'))
  expect(ended).toEqual([1, 3, 5])
})

test('two waits for one child both end with it', async () => {
  const { ended, add, arrive } = bed()
  add(4, { kind: 'child', what: 'p.1' })
  add(2, { kind: 'child', what: 'p.1' })
  await arrive(childEnd('p.1'))
  expect(ended).toEqual([2, 4])
})

test('an arrival at the moment of a timeout counts, and the earlier wait ends first [C39]', async () => {
  const { clock, ended, add, arrive } = bed()
  const at = clock.now() + 5_000
  const outcomes: string[] = []
  const timedOut = (name: string) => () => (outcomes.push(name), DONE)
  add(1, { kind: 'signal', what: 'a' }, { dueAt: () => at, atDue: timedOut('a') })
  add(2, { kind: 'signal', what: 'b' }, { dueAt: () => at, atDue: timedOut('b') })
  add(3, undefined, { dueAt: () => at, atDue: timedOut('nap') })
  clock.after(4_999, () => void arrive(signal('b')))
  await clock.advance(5_000)
  await clock.settle(4)
  expect(outcomes).toEqual(['a', 'nap'])
  expect(ended).toEqual([2, 1, 3])
})

test('a run with an outcome at work does not park, however late its wait is', async () => {
  const { clock, waits, ended, add } = bed()
  const slow = Promise.withResolvers<Outcome | undefined>()
  let at = clock.now() + 1_000
  add(1, { kind: 'reply', what: 0 }, { dueAt: () => at, atDue: () => slow.promise })
  expect(waits.ending).toBe(false)
  await clock.advance(1_000)
  expect(waits.ending).toBe(true)
  // Not counted while it is at work: what it will come to is not known.
  expect(waits.dueAt).toBeUndefined()
  at += 90_000
  slow.resolve(undefined)
  await clock.settle(2)
  expect(waits.ending).toBe(false)
  expect(waits.dueAt).toBe(at)
  expect(waits.soon).toBe(false)
  expect(ended).toEqual([])
})

test('what arrives while the time of its wait is looked into is taken if the wait continues', async () => {
  const { clock, ended, add, arrive } = bed()
  const slow = Promise.withResolvers<Outcome | undefined>()
  let at = clock.now() + 1_000
  add(1, { kind: 'child', what: 'p.1' }, { dueAt: () => at, atDue: () => slow.promise })
  await clock.advance(1_000)
  await arrive(childEnd('p.1'))
  expect(ended).toEqual([])
  at += 90_000
  slow.resolve(undefined)
  await clock.settle(2)
  expect(ended).toEqual([1])
})

test('a row says the first waits by name, and the kinds of those beyond them [C64]', async () => {
  const { waits, add, arrive } = bed()
  for (let n = 0; n < 10; n += 1) add(n, { kind: 'child', what: `p.${n}` })
  const on = Array.from({ length: 8 }, (_, n) => `child "p.${n}"`)
  expect(waits.parkedFor).toEqual({ for: 'effects', on, anyOf: ['child'] })
  await arrive(childEnd('p.0'), childEnd('p.1'))
  expect(waits.parkedFor.anyOf).toEqual([])
  add(10, { kind: 'signal', what: 'go' })
  expect(waits.parkedFor.anyOf).toEqual(['signal'])
  await arrive(childEnd('p.2'))
  expect(waits.parkedFor).toMatchObject({ on: expect.arrayContaining(['signal "go"']), anyOf: [] })
})
