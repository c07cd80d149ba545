import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { AnyDefinition } from '../effects/definition.ts'
import { DynamoProcessRegistry } from '../registry/dynamo.ts'
import type { PayloadPorts } from '../registry/payload-ports.ts'
import { powertoolsTelemetry } from '../telemetry/powertools.ts'
import { dynamoClient, sqsClient } from './clients.ts'
import { serveBatch } from './queue/batch.ts'
import { workerParts } from './config.ts'
import { readEnvironment, type Environment } from './environment.ts'
import { SqsDeadLetters, SqsDoorbell } from './queue/queue-sqs.ts'
import type { ExecutionContext } from './segment.ts'
import { RecentBells, sweep, type SweepPass } from './queue/sweep.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from './system.ts'

/**
 * The handler of a worker function: serves SQS batches of start messages and doorbells for these definitions, and
 * answers with partial batch failures. Clients and worker are built once per cold start, from the environment; throws
 * `InvalidConfig` there, so a wrong deployment fails at its first invocation and not at its first process.
 *
 *     export const handler = workerHandler({ definitions: [importCsv, sendInvoices] })
 */
export function workerHandler(options: {
  readonly definitions: readonly AnyDefinition[]
  /** A codec for payloads, and a place for those over 350 KB. */
  readonly payloads?: PayloadPorts
}): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const environment = readEnvironment(process.env)
  const telemetry = powertoolsTelemetry({ service: environment.AWS_LAMBDA_FUNCTION_NAME })
  const sqs = sqsClient(environment)
  const worker = workerParts({
    registry: registryOf(environment, options.payloads),
    definitions: options.definitions,
    ownerId: environment.AWS_LAMBDA_LOG_STREAM_NAME ?? environment.AWS_LAMBDA_FUNCTION_NAME,
    doorbell: doorbellOf(sqs, environment),
    leaseTtlMs: environment.LEASEHOLD_LEASE_TTL_MS,
    renewEveryMs: environment.LEASEHOLD_RENEW_EVERY_MS,
    concurrency: environment.LEASEHOLD_CONCURRENCY,
    telemetry,
  })
  const deadLetters = new SqsDeadLetters({ client: sqs, queueUrl: environment.LEASEHOLD_DEAD_LETTER_URL })
  return async (event, context) => {
    telemetry.begin(context)
    try {
      const failed = await serveBatch({ worker, deadLetters }, event.Records, executionOf(context))
      return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
    } finally {
      telemetry.flush()
    }
  }
}

/** The handler of the sweep function: one pass an invocation, for EventBridge Scheduler. */
export function sweepHandler(): (event: unknown, context: Context) => Promise<SweepPass> {
  const environment = readEnvironment(process.env)
  const telemetry = powertoolsTelemetry({ service: environment.AWS_LAMBDA_FUNCTION_NAME })
  const doorbell = doorbellOf(sqsClient(environment), environment)
  const registry = registryOf(environment)
  const recent = new RecentBells()
  return async (_event, context) => {
    telemetry.begin(context)
    try {
      return await sweep({
        registry,
        doorbell,
        clock: SYSTEM_CLOCK,
        telemetry,
        recent,
        everyMs: environment.LEASEHOLD_SWEEP_EVERY_MS,
      })
    } finally {
      telemetry.flush()
    }
  }
}

function doorbellOf(client: SQSClient, environment: Environment): SqsDoorbell {
  const urgentQueueUrl = environment.LEASEHOLD_URGENT_QUEUE_URL
  return new SqsDoorbell({
    client,
    queueUrl: environment.LEASEHOLD_QUEUE_URL,
    ...(urgentQueueUrl === undefined ? {} : { urgentQueueUrl }),
  })
}

/** The invocation's hard end rides on the lease: after it, its owner is known to be dead. */
function executionOf(context: Context): ExecutionContext {
  const remainingMs = (): number => context.getRemainingTimeInMillis()
  return { hardAt: SYSTEM_CLOCK.now() + remainingMs(), remainingMs }
}

function registryOf(environment: Environment, payloads: PayloadPorts = {}): DynamoProcessRegistry {
  return new DynamoProcessRegistry({
    client: dynamoClient(environment),
    tableName: environment.LEASEHOLD_TABLE,
    payloads,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
}
