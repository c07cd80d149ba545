import * as v from 'valibot'
import { defineProcess } from '../lib/effects/definition.ts'
import { parseProcessId } from '../lib/model/ids.ts'
import type { Metered } from './metered.ts'
import { expectEqual, NONE, type Scenario } from './scenario.ts'
import { THREE_STEPS } from './three-steps.ts'

// What the indexes of lists add to a process, and what reading them costs.

const FAILS = defineProcess({
  kind: 'bench.fails',
  input: v.unknown(),
  output: v.unknown(),
  run: (context) =>
    context.step('charge', () => Promise.reject(new RangeError('declined')), { retry: { maxAttempts: 1 } }),
})

export const LIST_SCENARIOS = {
  scoped: {
    says: 'one process of three small steps that has a scope: an entry of one more index, and its changes',
    budget: { ...NONE, writeRequests: 4, writeUnits: 10, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(['scoped-1'], THREE_STEPS, { scope: 'tenant-7' })
      return { run: async () => void (await metered.serve('worker-1')) }
    },
  },
  fails: {
    says: 'one process that fails in its first step: its end adds one unit, for the attention index',
    budget: { ...NONE, writeRequests: 2, writeUnits: 7, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(['fails-1'], FAILS.kind)
      return {
        async run() {
          await metered.serveWith('worker-1', [FAILS])
          expectEqual(await metered.statusOf('fails-1'), 'failed', 'the status')
        },
      }
    },
  },
  attention: {
    says: 'a page of what needs attention, of all kinds',
    budget: { ...NONE, readRequests: 4, readUnits: 2 },
    async prepare(metered) {
      await metered.send(['fails-1', 'fails-2'], FAILS.kind)
      await metered.serveWith('worker-1', [FAILS])
      return {
        async run() {
          expectEqual((await metered.registry.attention({})).items.length, 2, 'processes')
        },
      }
    },
  },
  'list-all': {
    says: 'a page of a list over two kinds: a query for each',
    budget: { ...NONE, readRequests: 2, readUnits: 1 },
    async prepare(metered) {
      await ofTwoKinds(metered)
      return {
        async run() {
          const { items } = await metered.registry.listKinds({ kinds: [THREE_STEPS, FAILS.kind] })
          expectEqual(items.length, 6, 'processes')
        },
      }
    },
  },
  counts: {
    says: 'the counts of two kinds by status: a query for each, which reads up to 1,000 entries',
    budget: { ...NONE, readRequests: 2, readUnits: 1 },
    async prepare(metered) {
      await ofTwoKinds(metered)
      return {
        async run() {
          const [first, second] = await metered.registry.counts([THREE_STEPS, FAILS.kind])
          expectEqual(first?.counts.pending, 3, 'pending')
          expectEqual(second?.counts.pending, 3, 'pending')
        },
      }
    },
  },
} as const satisfies Record<string, Scenario>

async function ofTwoKinds({ registry, clock }: Metered): Promise<void> {
  for (const kind of [THREE_STEPS, FAILS.kind]) {
    for (let n = 0; n < 3; n += 1) {
      const id = parseProcessId(`${kind}-${n}`)
      await registry.register(
        { id, kind, input: {}, recovery: 'rerun' },
        { now: clock.now(), wakeupScheduled: true },
      )
    }
  }
}
