import { child, fanOut, parent, sequential, sleeps, sleepsLong, waitsForSignal } from './effects.ts'
import type { Metered } from './metered.ts'
import { expectEqual, NONE, type Scenario } from './scenario.ts'

const STEPS = 200
const BRANCHES = 1_000
/** Fewer where a test only wants to know that their number does not matter. */
const PARKED = Number(process.env['BENCH_PARKED'] ?? 10_000)
const SWEEPS = 10

async function ended(metered: Metered, id: string): Promise<void> {
  expectEqual(await metered.statusOf(id), 'completed', `the status of ${id}`)
}

export const EFFECT_SCENARIOS = {
  'steps-200': {
    says: `one process of ${STEPS} small steps, one after another, from its start message to its end`,
    // k + 1 writes; a page is rolled out less than once in five steps, and costs one put.
    budget: { ...NONE, writeRequests: STEPS + 1 + STEPS / 5, writeUnits: 320, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(['steps'], 'sequential')
      return {
        async run() {
          await metered.serveWith('worker-1', [sequential(STEPS)])
          await ended(metered, 'steps')
        },
      }
    },
  },
  'fan-out-1000': {
    says: `one process of ${BRANCHES} small steps at once`,
    budget: { ...NONE, writeRequests: 100, writeUnits: 1_000, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(['fan'], 'fan-out')
      return {
        async run() {
          await metered.serveWith('worker-1', [fanOut(BRANCHES)])
          await ended(metered, 'fan')
        },
      }
    },
  },
  signal: {
    says: 'a signal to a parked process, until the process runs and ends',
    // The signal with its key (a transaction), the claim, the end: the process runs after the second.
    budget: { ...NONE, writeRequests: 3, transactions: 1, writeUnits: 13, sqsRequests: 3 },
    async prepare(metered) {
      await metered.send(['waits'], 'waits')
      await metered.serveWith('worker-1', [waitsForSignal])
      return {
        async run() {
          await metered.client.signal('waits', { name: 'go', key: 'k', payload: 'now' })
          await metered.serveWith('worker-1', [waitsForSignal])
          await ended(metered, 'waits')
        },
      }
    },
  },
  sleep: {
    says: 'a process that sleeps for ten minutes: started, parked, woken by its delayed doorbell, ended',
    budget: { ...NONE, writeRequests: 4, writeUnits: 15, sqsRequests: 3 },
    async prepare(metered) {
      await metered.send(['sleeps'], 'sleeps')
      return {
        async run() {
          await metered.serveWith('worker-1', [sleeps])
          metered.clock.forward(10 * 60_000)
          // The wake-up's delay is the queue's own time: what it would wake is looked at directly.
          await metered.look('worker-1', 'sleeps', [sleeps])
          await ended(metered, 'sleeps')
        },
      }
    },
  },
  child: {
    says: 'a parent that runs a child and waits for it, both from their start to their end',
    // Parent: start, the child's start (a transaction), park, claim, read the child, end, settle. Child: claim, end, tell
    // the parent, settle.
    budget: {
      ...NONE,
      writeRequests: 11,
      transactions: 1,
      readRequests: 3,
      writeUnits: 45,
      readUnits: 3,
      sqsRequests: 8,
    },
    async prepare(metered) {
      await metered.send(['parent'], 'parent')
      return {
        async run() {
          const definitions = [parent, child]
          while ((await metered.statusOf('parent')) !== 'completed')
            await metered.serveWith('worker-1', definitions)
        },
      }
    },
  },
  'parked-10000': {
    says: `${SWEEPS} passes of the sweep over ${PARKED} processes that sleep for a month or wait for a signal`,
    budget: { ...NONE, readRequests: SWEEPS * 8, readUnits: SWEEPS * 4, sqsRequests: SWEEPS },
    async prepare(metered) {
      await metered.parked(PARKED / 2, sleepsLong)
      await metered.parked(PARKED / 2, waitsForSignal)
      return {
        async run() {
          for (let pass = 0; pass < SWEEPS; pass += 1) {
            expectEqual((await metered.sweep()).sent, 0, 'wake-ups')
            metered.clock.forward(60_000)
          }
        },
      }
    },
  },
} as const satisfies Record<string, Scenario>
