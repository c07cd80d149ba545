import * as v from 'valibot'
import { defineProcess } from '../lib/effects/definition.ts'
import { OperationsClient } from '../lib/client/operations-client.ts'
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

const PASS = {
  everyMs: 60_000,
  due: 0,
  sent: 0,
  oldestDueMs: 0,
  heldBack: false,
  truncated: false,
  failedShards: 0,
}

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
  waits: {
    says: 'what a process waits for, when its row tells since when',
    budget: { ...NONE, readRequests: 1, readUnits: 1 },
    async prepare(metered) {
      await ofTwoKinds(metered)
      const { items } = await metered.registry.listKinds({ kinds: [THREE_STEPS] })
      const id = items[0]?.id ?? ''
      const operations = new OperationsClient({ registry: metered.registry })
      return { run: async () => expectEqual((await operations.waits(id)).waits.length, 1, 'waits') }
    },
  },
  slots: {
    says: 'the places of a concurrency key',
    budget: { ...NONE, readRequests: 1, readUnits: 1 },
    prepare: (metered) =>
      Promise.resolve({
        run: async () => expectEqual((await metered.registry.slots('account-7')).limit, 0, 'places'),
      }),
  },
  health: {
    says: 'how the system does, at the table: a query for each of 8 shards, and the note of the sweep; on top 4 requests to SQS',
    budget: { ...NONE, readRequests: 9, readUnits: 4.5 },
    async prepare(metered) {
      await metered.registry.noteSweep({ ...PASS, at: 1 })
      const operations = new OperationsClient({ registry: metered.registry })
      return { run: async () => expectEqual((await operations.health()).sweep?.at, 1, 'the note') }
    },
  },
  'sweep-note': {
    says: 'the note that a pass of the sweep leaves',
    budget: { ...NONE, writeRequests: 1, writeUnits: 1 },
    prepare: (metered) => Promise.resolve({ run: () => metered.registry.noteSweep({ ...PASS, at: 1 }) }),
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
