import assert from 'node:assert/strict'
import * as v from 'valibot'
import {
  defineProcess,
  DurableProcessWorker,
  JournaledEffectController,
  MemoryProcessRegistry,
  type WorkerConfig,
} from 'leasehold'

let charges = 0

const invoice = defineProcess({
  kind: 'invoice',
  input: v.object({ order: v.string() }),
  output: v.string(),
  async run(context) {
    await context.step('charge', () => void (charges += 1))
    await context.sleep({ ms: 100 }, 'a moment')
    return 'paid'
  },
})

const config: WorkerConfig = {
  registry: new MemoryProcessRegistry(),
  definitions: [invoice],
  ownerId: 'host-1',
  controller: new JournaledEffectController({ durable: false }),
}

// #region run
/** Runs the process, here or on another worker of this config, and answers its output. */
export async function pay(order: string, customerLeft: AbortSignal, hostStops: AbortSignal) {
  const worker = new DurableProcessWorker(config)
  return worker.runProcess(
    { id: `invoice-${order}`, kind: 'invoice', input: { order } },
    { shutdownSignal: hostStops },
    customerLeft,
  )
}
// #endregion

export async function check(): Promise<void> {
  const [never, host] = [new AbortController().signal, new AbortController()]
  const first = pay('7', never, host.signal)
  setTimeout(() => host.abort(new Error('SIGTERM')), 30)
  await assert.rejects(first, { code: 'host_shut_down' })
  // Another worker of the same config continues it, and does nothing twice.
  assert.deepEqual(await pay('7', never, never), { outcome: 'success', value: 'paid' })
  assert.equal(charges, 1)
  const left = AbortSignal.abort('the customer left')
  assert.deepEqual(await pay('8', left, never), { outcome: 'cancelled', reason: 'the customer left' })
}
