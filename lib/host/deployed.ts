import type { SQSClient } from '@aws-sdk/client-sqs'
import type { AnyDefinition } from '../effects/definition.ts'
import type { Options } from '../model/options.ts'
import { PAYLOAD_PORTS, type PayloadPorts } from '../registry/payload-ports.ts'
import { StoreRegistry } from '../registry/registry.ts'
import { DynamoStore } from '../registry/store/dynamo-store.ts'
import { dynamoClient } from './clients.ts'
import type { Environment } from './environment.ts'
import { SqsQueueWatch } from '../queue/queue-watch.ts'
import { SqsRedelivery } from '../queue/redelivery.ts'
import { SqsDoorbell, type WakeupQueues } from '../queue/sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from './system.ts'

/** Of every handler that is given the definitions. */
export type HandlerOptions = {
  readonly definitions: readonly AnyDefinition[]
  /** A codec for payloads, and a place for those over 350 KB. */
  readonly payloads?: PayloadPorts
}

export const HANDLER_OPTIONS: Options<HandlerOptions> = {
  definitions: 'any',
  payloads: PAYLOAD_PORTS,
}

// What a deployed function stands on, as its environment says it. Made once for each environment of it.

/** `patienceMs`: see `DynamoStoreConfig`. Default: a lease, since what a worker waits for longer than that is lost. */
export function registryOf(
  environment: Environment,
  payloads: PayloadPorts = {},
  patienceMs = environment.LEASEHOLD_LEASE_TTL_MS,
): StoreRegistry {
  const [tableName, clock] = [environment.LEASEHOLD_TABLE, SYSTEM_CLOCK]
  const requests = dynamoClient(environment)
  const store = new DynamoStore({ requests, tableName, clock, chance: SYSTEM_CHANCE, patienceMs })
  // Not DynamoProcessRegistry: with the SDK's client, a bundle would be a third larger.
  return new StoreRegistry(store, {
    durable: true,
    name: 'DynamoProcessRegistry',
    tableName,
    clock,
    payloads,
  })
}

export function doorbellOf(client: SQSClient, environment: Environment): SqsDoorbell {
  return new SqsDoorbell({ client, ...queuesOf(environment) })
}

/** For a function that may not send to the isolation queue: a worker moves its wake-ups there. */
export function ordinaryDoorbellOf(client: SQSClient, environment: Environment): SqsDoorbell {
  const { isolationQueueUrl: _workersAlone, ...queues } = queuesOf(environment)
  return new SqsDoorbell({ client, ...queues })
}

/** Looks at all queues that the environment names. */
export function queueWatchOf(client: SQSClient, environment: Environment): SqsQueueWatch {
  const { queueUrl, urgentQueueUrl, isolationQueueUrl } = queuesOf(environment)
  const deadLetterUrl = environment.LEASEHOLD_DEAD_LETTER_URL
  const urls = {
    work: queueUrl,
    ...(urgentQueueUrl === undefined ? {} : { urgent: urgentQueueUrl }),
    ...(isolationQueueUrl === undefined ? {} : { isolation: isolationQueueUrl }),
    ...(deadLetterUrl === undefined ? {} : { 'dead-letter': deadLetterUrl }),
  }
  return new SqsQueueWatch({ client, urls })
}

export function redeliveryOf(client: SQSClient, environment: Environment): SqsRedelivery {
  const queueUrls = Object.values(queuesOf(environment))
  return new SqsRedelivery({ client, queueUrls, maxAttempts: environment.LEASEHOLD_MAX_RECEIVES })
}

function queuesOf(environment: Environment): WakeupQueues {
  const { LEASEHOLD_URGENT_QUEUE_URL: urgentQueueUrl, LEASEHOLD_ISOLATION_QUEUE_URL: isolationQueueUrl } =
    environment
  return {
    queueUrl: environment.LEASEHOLD_QUEUE_URL,
    ...(urgentQueueUrl === undefined ? {} : { urgentQueueUrl }),
    ...(isolationQueueUrl === undefined ? {} : { isolationQueueUrl }),
  }
}
