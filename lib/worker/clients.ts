import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../model/limits.ts'
import type { Environment } from './environment.ts'

// A request that is never answered must fail: whoever waits for it holds a process and its place in the batch until the
// function's own timeout, long after its lease was lost. The SDK waits for ever unless it is told not to.

/** One try: the store retries, since it also knows which refusals are answers and which transactions collided. */
export function dynamoClient(environment: Environment): DynamoDBClient {
  const endpoint = environment.LEASEHOLD_DYNAMODB_ENDPOINT
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: patience(environment),
    ...(endpoint === undefined ? {} : { endpoint }),
  })
}

/** An emulator's queue URLs may name a host that does not resolve; AWS's own are their endpoint. */
export function sqsClient(environment: Environment): SQSClient {
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
  throwOnRequestTimeout: true,
} as const

/** Never longer than from one renewal to the next: a renewal that got no answer has another try within its lease. */
function patience({ LEASEHOLD_RENEW_EVERY_MS: renewEveryMs }: Environment) {
  return {
    connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, renewEveryMs),
    requestTimeout: Math.min(REQUEST_TIMEOUT_MS, renewEveryMs),
    // Without it the SDK only warns.
    throwOnRequestTimeout: true,
  }
}
