import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../model/limits.ts'
import type { Environment } from './environment.ts'

// A request that is never answered must fail: whoever waits for it holds a process and its place in the batch until the
// function's own timeout, long after its lease was lost. The SDK waits for ever unless it is told not to.

/** What a client is made from: where emulators are, and, of whoever holds leases, how often they are renewed. */
type Told = Partial<
  Pick<Environment, 'LEASEHOLD_DYNAMODB_ENDPOINT' | 'LEASEHOLD_SQS_ENDPOINT' | 'LEASEHOLD_RENEW_EVERY_MS'>
>

/** One try: the store retries, since it also knows which refusals are answers and which transactions collided. */
export function dynamoClient(environment: Told): DynamoDBClient {
  const endpoint = environment.LEASEHOLD_DYNAMODB_ENDPOINT
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: patience(environment),
    ...(endpoint === undefined ? {} : { endpoint }),
  })
}

/** An emulator's queue URLs may name a host that does not resolve; AWS's own are their endpoint. */
export function sqsClient(environment: Told): SQSClient {
  const endpoint = environment.LEASEHOLD_SQS_ENDPOINT
  return new SQSClient({
    requestHandler: patience(environment),
    ...(endpoint === undefined ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
  })
}

/** For whoever holds no lease, such as a client outside of the functions. */
export const OUTSIDE_PATIENCE = {
  connectionTimeout: CONNECT_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  // Without it the SDK only warns.
  throwOnRequestTimeout: true,
} as const

/** Never longer than from one renewal to the next: a renewal that got no answer has another try within its lease. */
function patience({ LEASEHOLD_RENEW_EVERY_MS: renewEveryMs = Number.POSITIVE_INFINITY }: Told) {
  return {
    ...OUTSIDE_PATIENCE,
    connectionTimeout: Math.min(OUTSIDE_PATIENCE.connectionTimeout, renewEveryMs),
    requestTimeout: Math.min(OUTSIDE_PATIENCE.requestTimeout, renewEveryMs),
  }
}
