import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { STATUS_EVENTS_MARGIN_MS } from '../model/limits-status-events.ts'
import type { LargePayloads } from '../registry/payload-ports.ts'
import { Retention } from '../registry/retention.ts'
import { DynamoStore } from '../registry/store/dynamo-store.ts'
import { powertoolsTelemetry, withTelemetry } from '../telemetry/powertools.ts'
import { dynamoClient, OUTSIDE_PATIENCE, sqsClient } from '../host/clients.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../host/system.ts'
import { EventBridgeBus } from './bus.ts'
import { SqsDeadRecords } from './dead-letters.ts'
import { warnOfUnknownVariables } from '../host/environment.ts'
import { readStatusEventsEnvironment, type StatusEventsEnvironment } from './environment.ts'
import { serveRecords } from './serve.ts'

export type StatusEventsHandlerOptions = {
  /** The same place for large values as the workers have: objects of removed processes are let go of there. */
  readonly large?: LargePayloads
}

/**
 * The handler of the status-event function. It publishes each change of status in the table's stream to the event bus, at
 * least once and in order for each process. It also sets the expiry of items of ended processes. Built once per cold
 * start, from the environment; throws `InvalidConfig` there.
 */
export function statusEventsHandler({ large }: StatusEventsHandlerOptions = {}): (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse> {
  const environment = readStatusEventsEnvironment(process.env)
  const telemetry = powertoolsTelemetry({ service: environment.AWS_LAMBDA_FUNCTION_NAME })
  warnOfUnknownVariables(process.env, telemetry)
  const parts = partsOf(environment)
  return withTelemetry(telemetry, async (event, context) => {
    const mayGoOn = () => context.getRemainingTimeInMillis() > STATUS_EVENTS_MARGIN_MS
    const undone = await serveRecords(
      { ...parts, telemetry, mayGoOn, ...(large === undefined ? {} : { large }) },
      event.Records,
    )
    return { batchItemFailures: undone === undefined ? [] : [{ itemIdentifier: undone }] }
  })
}

function partsOf(environment: StatusEventsEnvironment) {
  const [clock, chance] = [SYSTEM_CLOCK, SYSTEM_CHANCE]
  const [requests, tableName] = [dynamoClient(environment), environment.LEASEHOLD_TABLE]
  const endpoint = environment.LEASEHOLD_EVENTS_ENDPOINT
  return {
    clock,
    chance,
    retention: new Retention(new DynamoStore({ requests, tableName, clock, chance })),
    bus: new EventBridgeBus({
      client: new EventBridgeClient({
        maxAttempts: 1,
        requestHandler: OUTSIDE_PATIENCE,
        ...(endpoint === undefined ? {} : { endpoint }),
      }),
      busName: environment.LEASEHOLD_EVENT_BUS,
    }),
    deadRecords: new SqsDeadRecords({
      client: sqsClient(environment),
      queueUrl: environment.LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL,
    }),
  }
}
