import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { ReplayDiffers, TestKit } from '../../lib/testing/index.ts'

const options = { input: v.null(), output: v.unknown() as never }
const child = defineProcess({
  kind: 'child',
  input: v.number(),
  output: v.number(),
  run: async (_, n) => n * 2,
})

async function ran(run: (context: ProcessContext) => Promise<unknown>): Promise<TestKit> {
  const definition = defineProcess({ kind: 'p', ...options, run: run as never })
  const kit = new TestKit({ definitions: [definition, child], telemetry: SILENT })
  await kit.start(definition, null, { id: 'p' })
  return kit
}

const SOUND: readonly (readonly [string, (context: ProcessContext) => Promise<unknown>])[] = [
  [
    'effects of every kind, side by side',
    async (context) => {
      const at = context.now()
      const [a, b] = await Promise.all([context.step('a', () => Math.random()), context.run(child, 2)])
      await context.sleep({ days: 1 })
      if (context.patched('new') && context.random() < 2) await context.emit('done', [a, b, context.uuid()])
      return new Date(at).getUTCFullYear()
    },
  ],
  ['a failure that ends it', (context) => context.step('fails', () => Promise.reject(new Error('x')))],
  [
    'a failure that it catches',
    async (context) => {
      const retry = { maxAttempts: 3 }
      await context.step('fails', () => Promise.reject(new Error('x')), { retry }).catch(() => 1)
      return context.step('after', () => 2)
    },
  ],
  [
    'effects that it does not await',
    async (context) => {
      void context.sleep({ days: 1 })
      await context.step('a', () => 1)
      void context.step('b', () => 1)
    },
  ],
  ['an end at once', async () => 1],
]

test.each(SOUND)('code passes that is the same on every run: %s', async (_, run) => {
  const kit = await ran(run)
  await kit.checkReplay('p')
  await kit.result('p')
  const { writes } = kit
  await kit.checkReplay('p')
  expect(kit.writes).toBe(writes)
})

test('a process passes that waits, that was cancelled in its clean-up, and that was given up', async () => {
  const run = async (context: ProcessContext): Promise<void> => {
    try {
      await context.signal('go')
    } finally {
      await context.shield(() => context.step('undo', () => 1))
    }
  }
  const waits = await ran(run)
  await waits.checkReplay('p')
  await waits.cancel('p')
  expect(await waits.result('p')).toMatchObject({ outcome: 'cancelled' })
  await waits.checkReplay('p')
  const abandoned = await ran(run)
  await abandoned.client.abandon('p')
  await abandoned.settle()
  expect(await abandoned.result('p')).toMatchObject({ outcome: 'abandoned' })
  await abandoned.checkReplay('p')
})

const UNSOUND: readonly (readonly [string, (context: ProcessContext) => Promise<unknown>, RegExp])[] = [
  [
    'an effect more on another day',
    async (context) => {
      const day = Math.floor(Date.now() / 86_400_000)
      await context.step('a', () => 1)
      if (day !== Math.floor(startedAt / 86_400_000)) await context.step('b', () => 1)
    },
    /later: it asks for an effect that its journal does not hold \(at .*replay-check\.test\.ts:\d+:\d+\)/u,
  ],
  [
    'an effect fewer in another year',
    async (context) => {
      if (new Date().getTime() - startedAt < 364 * 86_400_000) await context.step('a', () => 1)
    },
    /400 days later: at effect 0 the journal holds step "a", the code asked for the end of the run/u,
  ],
  [
    'a name from a random number',
    (context) => context.step(`part ${Math.random()}`, () => 1),
    /than it did: at effect 0 the journal holds step "part/u,
  ],
  [
    'an end instead of a wait',
    async (context) => (Date.now() - startedAt < 86_400_000 ? context.signal('go') : 1),
    /40 days later: it ends, and did not/u,
  ],
  [
    'a wait for what is no effect',
    async (context) => {
      await context.step('a', () => 1)
      if (Date.now() - startedAt > 86_400_000) await new Promise(() => {})
      await context.step('b', () => 1)
    },
    /40 days later: /u,
  ],
]
const startedAt = Date.now()

test.each(UNSOUND)('code is found out that differs by time or chance: %s', async (_, run, says) => {
  const kit = await ran(run)
  const thrown: unknown = await kit.checkReplay('p').catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(ReplayDiffers)
  expect((thrown as Error).message).toMatch(says)
  // Whatever came of it, the test's own clock is as it was.
  expect(Math.abs(Date.now() - startedAt)).toBeLessThan(60_000)
  expect(new Date(5).getTime()).toBe(5)
})
