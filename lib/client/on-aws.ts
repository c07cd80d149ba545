import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { AnyDefinition } from '../effects/definition.ts'
import { API_STORE_PATIENCE_MS } from '../model/limits-http.ts'
import { expectConfig, type Options } from '../model/options.ts'
import { DynamoProcessRegistry } from '../registry/dynamo.ts'
import { PAYLOAD_PORTS, type PayloadPorts } from '../registry/payload-ports.ts'
import type { Telemetry } from '../telemetry/port.ts'
import { OUTSIDE_PATIENCE } from '../host/clients.ts'
import { SqsDoorbell } from '../queue/sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../host/system.ts'
import { ProcessClient } from './client.ts'

export type OnAwsOptions = {
  readonly tableName: string
  readonly queueUrl: string
  /** The queue of urgent processes. Default: their wake-ups go with the others. */
  readonly urgentQueueUrl?: string
  /** Clients of one's own. The one of DynamoDB best has `maxAttempts: 1`: the registry retries by itself. */
  readonly dynamo?: DynamoDBClient
  readonly sqs?: SQSClient
  /** The same codec and place for large values as the workers have. */
  readonly payloads?: PayloadPorts
  readonly definitions?: readonly AnyDefinition[]
  readonly telemetry?: Telemetry
}

const OPTIONS: Options<OnAwsOptions> = {
  tableName: 'text',
  queueUrl: 'text',
  urgentQueueUrl: 'text',
  dynamo: 'any',
  sqs: 'any',
  payloads: PAYLOAD_PORTS,
  definitions: 'any',
  telemetry: 'any',
}

/**
 * A client of a deployed table and queue, with region and credentials from the environment unless clients are given.
 * Made once and kept: its connections stay open between calls.
 *
 *     const processes = processClientOnAws({ tableName: 'leasehold', queueUrl: process.env.QUEUE_URL })
 */
export function processClientOnAws(options: OnAwsOptions): ProcessClient {
  expectConfig<OnAwsOptions>(options, OPTIONS)
  const { tableName, queueUrl, urgentQueueUrl, payloads, definitions, telemetry } = options
  return new ProcessClient({
    registry: new DynamoProcessRegistry({
      client: options.dynamo ?? new DynamoDBClient({ maxAttempts: 1, requestHandler: OUTSIDE_PATIENCE }),
      tableName,
      clock: SYSTEM_CLOCK,
      chance: SYSTEM_CHANCE,
      patienceMs: API_STORE_PATIENCE_MS,
      ...(payloads === undefined ? {} : { payloads }),
    }),
    doorbell: new SqsDoorbell({
      client: options.sqs ?? new SQSClient({ requestHandler: OUTSIDE_PATIENCE }),
      queueUrl,
      ...(urgentQueueUrl === undefined ? {} : { urgentQueueUrl }),
    }),
    clock: SYSTEM_CLOCK,
    ...(definitions === undefined ? {} : { definitions }),
    ...(telemetry === undefined ? {} : { telemetry }),
  })
}
