import * as v from 'valibot'
import { expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { WORKER_DEFAULTS } from '../../lib/worker/config.ts'
import { DurableProcessWorker } from '../../lib/worker/worker.ts'
import { Told } from '../helpers/world.ts'

const SHORT = { leaseTtlMs: 300, renewEveryMs: 100, watchEveryMs: 50 }

/** Holds the event loop, as a body does that computes. */
function compute(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

function workerOf(told: Told, body: () => void, { lease = SHORT, maxStalls = 1_000 } = {}) {
  const busy = defineProcess({
    kind: 'busy',
    input: v.null(),
    output: v.unknown(),
    limits: { maxStalls },
    run: (context) => context.step('compute', body),
  })
  return new DurableProcessWorker({
    registry: new MemoryProcessRegistry(),
    definitions: [busy],
    ownerId: 'host',
    controller: new JournaledEffectController({ durable: false }),
    telemetry: told,
    ...lease,
  })
}

const lines = ({ lines: all }: Told) => all.filter(({ message }) => message === 'the event loop stood still')

test('a body that holds the event loop is named with its step, its attempt and how long', async () => {
  const told = new Told()
  const worker = workerOf(told, () => compute(150))
  await worker.runProcess({ id: 'p', kind: 'busy', input: null })
  // A busy machine may hold the loop as well, before the body or after it.
  const line = lines(told).find(({ facts }) => facts?.['step'] === 'compute')
  expect(line).toMatchObject({ level: 'warn', facts: { id: 'p', process: 'p', attempt: 1 } })
  expect(line?.facts?.['ms']).toBeGreaterThanOrEqual(149)
})

test('a body that is done at once is in no line', async () => {
  const told = new Told()
  // With the default lease a line needs five seconds, which no busy machine adds to an empty body.
  await workerOf(told, () => {}, { lease: WORKER_DEFAULTS }).runProcess({
    id: 'p',
    kind: 'busy',
    input: null,
  })
  expect(lines(told)).toEqual([])
})

test('a body longer than the lease is named in the evidence of attempts_exhausted', async () => {
  const told = new Told()
  const worker = workerOf(told, () => compute(400), { maxStalls: 1 })
  const output = await worker.runProcess({ id: 'long', kind: 'busy', input: null })
  expect(output).toMatchObject({ outcome: 'failure', error: { code: 'attempts_exhausted' } })
  expect(output).toHaveProperty(
    'error.message',
    expect.stringMatching(
      /the event loop of its worker stood still for \d\.\d s in step "compute", attempt 1$/u,
    ),
  )
})
