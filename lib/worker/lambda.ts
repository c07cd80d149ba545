import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { InvalidConfig } from '../model/errors.ts'
import { expectConfig } from '../model/options.ts'
import { powertoolsTelemetry, withTelemetry } from '../telemetry/powertools.ts'
import { sqsClient } from '../host/clients.ts'
import { serveBatch } from './batch.ts'
import { workerParts } from './config.ts'
import {
  redeliveryOf,
  doorbellOf,
  HANDLER_OPTIONS,
  registryOf,
  type HandlerOptions,
} from '../host/deployed.ts'
import { deadLetterUrlOf, readEnvironment, warnOfUnknownVariables } from '../host/environment.ts'
import { toDelivery } from '../queue/redelivery.ts'
import { SqsDeadLetters } from '../queue/sqs.ts'
import type { ExecutionContext } from './execution.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'

/**
 * The handler of a worker function: serves SQS batches of start messages and wake-ups for these definitions, and
 * answers with partial batch failures. Clients and worker are built once per cold start, from the environment; throws
 * `InvalidConfig` there, so a wrong deployment fails at its first invocation and not at its first process.
 *
 *     export const handler = workerHandler({ definitions: [importCsv, sendInvoices] })
 */
export function workerHandler(
  options: HandlerOptions,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  expectConfig(options, HANDLER_OPTIONS)
  const environment = readEnvironment(process.env)
  const telemetry = powertoolsTelemetry({
    service: environment.AWS_LAMBDA_FUNCTION_NAME,
    clock: SYSTEM_CLOCK,
  })
  warnOfUnknownVariables(process.env, telemetry)
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
  const deadLetters = new SqsDeadLetters({ client: sqs, queueUrl: deadLetterUrlOf(environment) })
  const redelivery = redeliveryOf(sqs, environment)
  return withTelemetry(telemetry, async (event, context) => {
    expectTime(context.getRemainingTimeInMillis(), worker.handOverMarginMs)
    const batch = { worker, deadLetters, redelivery: redelivery.of(event.Records) }
    const failed = await serveBatch(batch, event.Records.map(toDelivery), executionOf(context))
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  })
}

/**
 * In a function with no more time than the hand-over margin nothing may ever begin: each wake-up would only send the next one,
 * as fast as the queue delivers. Its messages become dead letters instead, and its invocations fail by name.
 */
export function expectTime(timeoutMs: number, handOverMarginMs: number): void {
  if (timeoutMs > handOverMarginMs) return
  const message = `expected more than the hand-over margin (${handOverMarginMs} ms), got ${timeoutMs} ms`
  throw new InvalidConfig({ issues: [{ path: 'the timeout of the worker function', message }] })
}

/** The invocation's hard end rides on the lease: after it, its owner is known to be dead. */
function executionOf(context: Context): ExecutionContext {
  const remainingMs = (): number => context.getRemainingTimeInMillis()
  const beganAt = SYSTEM_CLOCK.now()
  return { beganAt, hardAt: beganAt + remainingMs(), remainingMs }
}
