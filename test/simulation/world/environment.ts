import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { DynamoProcessRegistry, type DynamoRegistryConfig } from '../../../lib/registry/dynamo.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import type { PayloadPorts } from '../../../lib/registry/payload-ports.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { SILENT, type Telemetry } from '../../../lib/telemetry/port.ts'
import { workerParts, type WorkerParts } from '../../../lib/worker/config.ts'
import { SqsDoorbell } from '../../../lib/queue/sqs.ts'
import { simulatedClient, type ServiceState } from './dynamo/client.ts'
import type { HostFact } from '../history.ts'
import type { Accepted } from './dynamo/table.ts'
import type { HostProcess } from './host-process.ts'
import { ISOLATION_URL, simulatedSqs, URGENT_URL, WORK_URL, type Post } from './queue.ts'
import type { Schedule } from './schedule.ts'

/** What stands around all hosts. */
export type Environment = Post & {
  readonly seed: number
  readonly slotQueueMax?: number
  /** Workers may hide messages. Those of hosts without such a queue may not. */
  readonly hides: boolean
  readonly schedule: Schedule
  readonly service: ServiceState
  /** What values go through, and where large ones go. */
  readonly payloads: (hostProcess: HostProcess) => PayloadPorts
  readonly born: (name: string) => HostProcess
  readonly definitions: (hostProcess: HostProcess) => readonly AnyDefinition[]
  readonly accepted: (
    hostProcess: HostProcess,
    writes: readonly Accepted[],
    transaction: number | undefined,
  ) => void
  readonly heard: (hostProcess: HostProcess, writes: readonly Accepted[]) => void
  readonly note: (hostProcess: HostProcess, what: string) => void
  readonly did: (fact: HostFact) => void
  readonly bug: (hostProcess: HostProcess, error: Error) => void
  readonly fencedOff: (hostProcess: HostProcess) => void
  /** Told of each pass of the sweep that failed nowhere and read all rows. */
  readonly swept: (
    hostProcess: HostProcess,
    facts: Pick<Extract<HostFact, { kind: 'swept' }>, 'beganAt' | 'clockAt'>,
  ) => void
}

const TABLE_NAME = 'simulated'
/** Fewer than deployed, so that a pass of the sweep costs less; more than one, so that rows are spread. */
const DUE_SHARDS = 2

export function registryOf(environment: Environment, hostProcess: HostProcess): ProcessRegistry {
  const { slotQueueMax } = environment
  const facts = {
    dueShards: DUE_SHARDS,
    payloads: environment.payloads(hostProcess),
    ...(slotQueueMax === undefined ? {} : { slotQueueMax }),
  }
  return new DynamoProcessRegistry({ ...storeConfigOf(environment, hostProcess), ...facts })
}

export function storeOf(environment: Environment, hostProcess: HostProcess): DynamoStore {
  const { client, ...config } = storeConfigOf(environment, hostProcess)
  return new DynamoStore({ ...config, requests: sdkRequests(client) })
}

function storeConfigOf(environment: Environment, hostProcess: HostProcess): DynamoRegistryConfig {
  const { schedule, service } = environment
  const client = simulatedClient(service, {
    now: () => schedule.now,
    call: (asked) => hostProcess.call(asked),
    accepted: (writes, transaction) => environment.accepted(hostProcess, writes, transaction),
    heard: (writes) => environment.heard(hostProcess, writes),
    fencedOff: () => environment.fencedOff(hostProcess),
  })
  return { client, tableName: TABLE_NAME, clock: hostProcess.clock, chance: hostProcess.chance }
}

export function doorbellOf(environment: Environment, hostProcess: HostProcess): SqsDoorbell {
  return new SqsDoorbell({
    client: simulatedSqs(environment, hostProcess),
    queueUrl: WORK_URL,
    urgentQueueUrl: URGENT_URL,
    ...(environment.isolationQueue === undefined ? {} : { isolationQueueUrl: ISOLATION_URL }),
  })
}

/** Telemetry that reports only errors which no fault of a service explains. */
export function bugsOf(environment: Environment, hostProcess: HostProcess): Telemetry {
  return {
    ...SILENT,
    error: (_message, error) => {
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        if (isBug(cause)) return environment.bug(hostProcess, cause)
      }
    },
  }
}

const BUGS = new Set([
  'InvariantBroken',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'ValidationException',
  'IdempotentParameterMismatchException',
  'UnreadableItem',
  'DeadRecord',
])

function isBug(error: Error): boolean {
  return BUGS.has(error.name)
}

/** Longer than deployed by default: the times of faults are measured by it. */
const LEASE = { leaseTtlMs: 30_000, renewEveryMs: 10_000 }

export function partsOf(environment: Environment, hostProcess: HostProcess): WorkerParts {
  return workerParts({
    registry: registryOf(environment, hostProcess),
    definitions: environment.definitions(hostProcess),
    ownerId: hostProcess.name,
    doorbell: doorbellOf(environment, hostProcess),
    clock: hostProcess.clock,
    chance: hostProcess.chance,
    telemetry: bugsOf(environment, hostProcess),
    ...LEASE,
  })
}
