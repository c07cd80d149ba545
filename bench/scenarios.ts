import { setTimeout as pause } from 'node:timers/promises'
import { LEASE_TTL_MS } from '../lib/model/limits.ts'
import { parseProcessId, type ProcessId } from '../lib/model/ids.ts'
import type { Lease } from '../lib/model/lease.ts'
import { toRegistration } from '../lib/model/registration.ts'
import { SYSTEM_CHANCE } from '../lib/host/system.ts'
import type { Comparison, Counts } from './meter.ts'
import { openMetered, type Emulated, type Metered } from './metered.ts'
import { EFFECT_SCENARIOS } from './scenarios-effects.ts'
import { LIST_SCENARIOS } from './scenarios-lists.ts'
import { expectEqual, NONE, type Scenario } from './scenario.ts'
import { THREE_STEPS } from './three-steps.ts'

/** What one run of a scenario cost, and how its single requests compare with what the emulator reports. */
export type Measured = {
  readonly counts: Counts
  readonly commands: readonly string[]
  readonly comparisons: readonly Comparison[]
}

export const SCENARIOS = {
  'three-steps': {
    says: 'one process of three small steps, from its start message to its end',
    budget: { ...NONE, writeRequests: 4, writeUnits: 9, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(idsOf(1))
      return {
        async run() {
          await metered.serve('worker-1')
          await expectCompleted(metered, 1)
        },
      }
    },
  },
  'ten-in-a-batch': {
    says: 'ten such processes in one batch, which share one receive and one delete',
    budget: { ...NONE, writeRequests: 40, writeUnits: 90, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(idsOf(10))
      return {
        async run() {
          expectEqual(await metered.serve('worker-1'), 10, 'messages in the batch')
          await expectCompleted(metered, 10)
        },
      }
    },
  },
  'longer-than-a-moment': {
    says: 'two such processes in one batch, with a step of 400 ms: one request more hides both messages',
    budget: { ...NONE, writeRequests: 8, writeUnits: 18, sqsRequests: 3 },
    async prepare(metered) {
      await metered.send(idsOf(2))
      return {
        async run() {
          const takesLong = async ({ name }: { readonly name: string }): Promise<void> => {
            if (name === 'charge') await pause(400)
          }
          expectEqual(await metered.serveHiding('worker-1', takesLong), 2, 'messages in the batch')
          await expectCompleted(metered, 2)
        },
      }
    },
  },
  redelivered: {
    says: 'the start message of a process that has ended comes a second time',
    // The put that registers is refused by what stands there, and that item comes with the refusal.
    budget: { ...NONE, writeRequests: 1, writeUnits: 1, sqsRequests: 2 },
    async prepare(metered) {
      await metered.send(idsOf(1))
      await metered.serve('worker-1')
      await metered.send(idsOf(1))
      return { run: async () => expectEqual(await metered.serve('worker-1'), 1, 'messages in the batch') }
    },
  },
  'first-renewal': {
    says: 'the first renewal of a lease, which makes its item',
    budget: { ...NONE, writeRequests: 1, writeUnits: 1 },
    async prepare(metered) {
      const lease = await startedBy(metered, 1)
      return { run: async () => void (await renewed(metered, lease)) }
    },
  },
  renewal: {
    says: 'each further renewal',
    budget: { ...NONE, writeRequests: 1, writeUnits: 1 },
    async prepare(metered) {
      const lease = await renewed(metered, await startedBy(metered, 1))
      return { run: async () => void (await renewed(metered, lease)) }
    },
  },
  recovery: {
    says: 'its worker died in the second step: a sweep finds it, another worker takes over and ends it',
    // The sweep: eight shards and one look at the lease, the length of the queue and one wake-up. The worker: a receive
    // and a delete; one look at the history, the take-over (a transaction), the second step's outcome, and the end with the
    // third's.
    budget: {
      writeRequests: 3,
      transactions: 1,
      readRequests: 10,
      writeUnits: 10,
      readUnits: 5.5,
      sqsRequests: 4,
    },
    prepare: diesInTheSecondStep,
  },
  'sweep-idle': {
    says: 'a pass of the sweep where nothing is due: nine processes have ended, one runs under a live lease',
    budget: { ...NONE, readRequests: 8, readUnits: 4, sqsRequests: 1 },
    async prepare(metered) {
      await metered.send(idsOf(9))
      await metered.serve('worker-1')
      await startedBy(metered, 10)
      return { run: async () => expectEqual((await metered.sweep()).sent, 0, 'wake-ups') }
    },
  },
  ...EFFECT_SCENARIOS,
  ...LIST_SCENARIOS,
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS

/** Runs one scenario in a table of its own. */
export async function measure(name: ScenarioName, emulated: Emulated): Promise<Measured> {
  const metered = await openMetered(emulated)
  try {
    const prepared: Awaited<ReturnType<Scenario['prepare']>> = await SCENARIOS[name].prepare(metered)
    metered.meter.take()
    await prepared.run()
    const measured = metered.meter.take()
    await prepared.after?.()
    return measured
  } finally {
    metered.close()
  }
}

/** The counts that are over the budget. */
export function overBudget(counts: Counts, budget: Counts): (keyof Counts)[] {
  return (Object.keys(counts) as (keyof Counts)[]).filter((name) => counts[name] > budget[name])
}

async function diesInTheSecondStep(metered: Metered) {
  const [died, deadLettered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await metered.send(idsOf(1))
  const dead = metered.serve('worker-1', ({ name }) => {
    if (name !== 'charge') return
    died.resolve()
    return deadLettered.promise
  })
  await died.promise
  metered.clock.forward(LEASE_TTL_MS + 1)
  return {
    async run() {
      expectEqual((await metered.sweep()).sent, 1, 'wake-ups')
      expectEqual(await metered.serveSuspect('worker-2'), 1, 'messages in the batch')
      await expectCompleted(metered, 1)
    },
    // The dead one was only held: let go of, it finds its lease lost and ends.
    async after() {
      deadLettered.resolve()
      await dead
    },
  }
}

function idsOf(count: number): ProcessId[] {
  return Array.from({ length: count }, (_, index) => idOf(index + 1))
}

function idOf(number: number): ProcessId {
  return parseProcessId(`order-${String(number).padStart(7, '0')}`)
}

/** Registers and claims a process, and runs nothing of it. */
async function startedBy({ registry, clock }: Metered, number: number): Promise<Lease> {
  const registration = toRegistration({ id: idOf(number), kind: THREE_STEPS, input: { order: number } })
  const request = {
    ownerId: 'worker-1',
    attemptId: SYSTEM_CHANCE.token(),
    token: SYSTEM_CHANCE.token(),
    ttlMs: LEASE_TTL_MS,
  }
  const reply = await registry.start(registration, request, clock.now())
  if (reply.outcome !== 'claimed') throw new Error(`expected a claim, got ${reply.outcome}`)
  return reply.ownership.lease
}

async function renewed({ registry, clock }: Metered, lease: Lease): Promise<Lease> {
  return (await registry.renew(lease, LEASE_TTL_MS, clock.now())).lease
}

/** Looks without being metered: it is the bench that asks. */
async function expectCompleted({ statusOf }: Metered, count: number): Promise<void> {
  for (const id of idsOf(count)) expectEqual(await statusOf(id), 'completed', `the status of ${id}`)
}
