import { expect, test } from 'vitest'
import { DOORBELL_DELAY_MAX_MS } from '../../lib/model/limits.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { VirtualQueue } from '../../lib/testing/virtual-queue.ts'
import { ringAfterPark } from '../../lib/queue/wakeups.ts'

function bed() {
  const clock = new VirtualClock()
  const doorbell = new VirtualQueue(clock)
  return { doorbell, parts: { clock, doorbell, telemetry: SILENT }, now: clock.now() }
}
const id = parseProcessId('order-7')

test('a time that a doorbell reaches is rung for when it comes, and one that has ended at once', async () => {
  const { doorbell, parts, now } = bed()
  await ringAfterPark(parts, { id }, now + 60_000)
  await ringAfterPark(parts, { id }, now - 1)
  expect(doorbell.rung.map(({ delayMs }) => delayMs)).toEqual([60_000, 0])
})

test('a time that no doorbell reaches is left to the sweep', async () => {
  const { doorbell, parts, now } = bed()
  await ringAfterPark(parts, { id }, now + DOORBELL_DELAY_MAX_MS + 1)
  expect(doorbell.rung).toEqual([])
})

// The clock was set back between the write, which says that a doorbell is on its way, and here: the sweep would wait for it.
test('what is written as rung for is rung for, as far ahead as a doorbell reaches', async () => {
  const { doorbell, parts, now } = bed()
  await ringAfterPark(parts, { id, belled: true }, now + DOORBELL_DELAY_MAX_MS + 40_000)
  expect(doorbell.rung.map(({ delayMs }) => delayMs)).toEqual([DOORBELL_DELAY_MAX_MS])
})
