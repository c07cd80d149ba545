import { expect, test } from 'vitest'
import { Pace } from '../../../lib/effects/engine/pace.ts'
import { BODIES_A_TURN } from '../../../lib/model/limits-flight.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'

/** Counts the bodies that have begun after each turn of the event loop. */
async function begunByTurn(pace: Pace, bodies: number): Promise<number[]> {
  let begun = 0
  const all = Array.from({ length: bodies }, async () => {
    await pace.next()
    begun += 1
  })
  const counts: number[] = []
  while (begun < bodies) {
    await Promise.resolve()
    await Promise.resolve()
    counts.push(begun)
    await new Promise((resolve) => void setImmediate(resolve))
  }
  await Promise.all(all)
  return counts
}

test('bodies that are few begin at once, whatever has begun in turns before', async () => {
  const clock = new VirtualClock()
  let passed = 0
  const pace = new Pace(clock, () => passed)
  for (; passed < 10; passed += 1) expect(await begunByTurn(pace, BODIES_A_TURN)).toEqual([BODIES_A_TURN])
  expect(clock.turns).toBe(0)
})

test('at most a fixed number begin in one turn, in the order of their requests', async () => {
  const pace = new Pace(new VirtualClock(), () => 0)
  const counts = await begunByTurn(pace, BODIES_A_TURN * 4)
  const steps = counts.map((count, index) => count - (counts[index - 1] ?? 0))
  expect(Math.max(...steps)).toBeLessThanOrEqual(BODIES_A_TURN)
  expect(counts[0]).toBeLessThanOrEqual(BODIES_A_TURN)

  const order: number[] = []
  await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      await pace.next()
      order.push(n)
    }),
  )
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})
