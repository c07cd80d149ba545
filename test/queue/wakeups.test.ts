import { expect, test } from 'vitest'
import { SQS_DELAY_MAX_MS } from '../../lib/model/limits.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { VirtualQueue } from '../../lib/testing/virtual-queue.ts'
import { sendWakeupAt } from '../../lib/queue/wakeups.ts'

function bed() {
  const clock = new VirtualClock()
  const doorbell = new VirtualQueue(clock)
  return { doorbell, parts: { clock, doorbell, telemetry: SILENT }, now: clock.now() }
}
const id = parseProcessId('order-7')

test('a time that a wake-up reaches is woken when it comes, and one that has ended at once', async () => {
  const { doorbell, parts, now } = bed()
  await sendWakeupAt(parts, { id }, now + 60_000)
  await sendWakeupAt(parts, { id }, now - 1)
  expect(doorbell.sent.map(({ delayMs }) => delayMs)).toEqual([60_000, 0])
})

test('a time that no wake-up reaches is left to the sweep', async () => {
  const { doorbell, parts, now } = bed()
  await sendWakeupAt(parts, { id }, now + SQS_DELAY_MAX_MS + 1)
  expect(doorbell.sent).toEqual([])
})

// The clock was set back between the write, which says that a wake-up is on its way, and here: the sweep would wait for it.
test('a row that counts on a wake-up gets one, as far ahead as a wake-up reaches', async () => {
  const { doorbell, parts, now } = bed()
  await sendWakeupAt(parts, { id, wakeupScheduled: true }, now + SQS_DELAY_MAX_MS + 40_000)
  expect(doorbell.sent.map(({ delayMs }) => delayMs)).toEqual([SQS_DELAY_MAX_MS])
})
