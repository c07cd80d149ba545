import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import { DynamoStore, type DynamoStoreConfig } from '../../../lib/registry/store/dynamo-store.ts'
import type { PayloadPorts } from '../../../lib/registry/payload-ports.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { SILENT, type Telemetry } from '../../../lib/telemetry/port.ts'
import { workerParts, type WorkerParts } from '../../../lib/worker/config.ts'
import { SqsDoorbell } from '../../../lib/worker/queue/queue-sqs.ts'
import { simulatedClient, type ServiceState } from './dynamo/client.ts'
import type { HostFact } from '../history.ts'
import type { Accepted } from './dynamo/table.ts'
import type { Life } from './life.ts'
import { ISOLATION_URL, simulatedSqs, URGENT_URL, WORK_URL, type Post } from './queue.ts'
import type { Schedule } from './schedule.ts'

/** What stands around all hosts. */
export type Around = Post & {
  readonly seed: number
  readonly slotQueueMax?: number
  readonly schedule: Schedule
  readonly service: ServiceState
  /** What values go through, and where large ones go. */
  readonly payloads: (life: Life) => PayloadPorts
  readonly born: (name: string) => Life
  readonly definitions: (life: Life) => readonly AnyDefinition[]
  readonly accepted: (life: Life, writes: readonly Accepted[], transaction: number | undefined) => void
  readonly heard: (life: Life, writes: readonly Accepted[]) => void
  readonly note: (life: Life, what: string) => void
  readonly did: (fact: HostFact) => void
  readonly bug: (life: Life, error: Error) => void
  readonly fencedOff: (life: Life) => void
  /** Told of each pass of the sweep that failed nowhere and read all rows. */
  readonly swept: (
    life: Life,
    facts: Pick<Extract<HostFact, { kind: 'swept' }>, 'beganAt' | 'clockAt'>,
  ) => void
}

const TABLE_NAME = 'simulated'
/** Fewer than deployed, so that a pass of the sweep costs less; more than one, so that rows are spread. */
const DUE_SHARDS = 2

export function registryOf(around: Around, life: Life): ProcessRegistry {
  const { slotQueueMax } = around
  const facts = {
    dueShards: DUE_SHARDS,
    payloads: around.payloads(life),
    ...(slotQueueMax === undefined ? {} : { slotQueueMax }),
  }
  return new DynamoProcessRegistry({ ...storeConfigOf(around, life), ...facts })
}

export function storeOf(around: Around, life: Life): DynamoStore {
  return new DynamoStore(storeConfigOf(around, life))
}

function storeConfigOf(around: Around, life: Life): DynamoStoreConfig {
  const { schedule, service } = around
  const client = simulatedClient(service, {
    now: () => schedule.now,
    call: (asked) => life.call(asked),
    accepted: (writes, transaction) => around.accepted(life, writes, transaction),
    heard: (writes) => around.heard(life, writes),
    fencedOff: () => around.fencedOff(life),
  })
  return { client, tableName: TABLE_NAME, clock: life.clock, chance: life.chance }
}

export function doorbellOf(around: Around, life: Life): SqsDoorbell {
  return new SqsDoorbell({
    client: simulatedSqs(around, life),
    queueUrl: WORK_URL,
    urgentQueueUrl: URGENT_URL,
    ...(around.isolationQueue === undefined ? {} : { isolationQueueUrl: ISOLATION_URL }),
  })
}

/** Of all that is told, errors that no fault of a service explains. */
export function bugsOf(around: Around, life: Life): Telemetry {
  return {
    ...SILENT,
    error: (_message, error) => {
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        if (isBug(cause)) return around.bug(life, cause)
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

export function partsOf(around: Around, life: Life): WorkerParts {
  return workerParts({
    registry: registryOf(around, life),
    definitions: around.definitions(life),
    ownerId: life.name,
    doorbell: doorbellOf(around, life),
    clock: life.clock,
    chance: life.chance,
    telemetry: bugsOf(around, life),
  })
}
