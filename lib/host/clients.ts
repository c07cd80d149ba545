import { SQSClient } from '@aws-sdk/client-sqs'
import { environmentCredentials } from '../aws/credentials.ts'
import { dynamoService } from '../aws/dynamo.ts'
import { endpointOf, regionOf } from '../aws/endpoint.ts'
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../model/limits.ts'
import type { Environment } from './environment.ts'
import { SYSTEM_CLOCK } from './system.ts'

// A request without a reply must fail. Otherwise its worker holds a process until the function's own timeout, long after it has lost
// the lease. By default the SDK waits for ever.

/** The settings of a client: the endpoints of emulators and, for a worker, how often it renews its leases. */
type ClientSettings = Partial<
  Pick<Environment, 'LEASEHOLD_DYNAMODB_ENDPOINT' | 'LEASEHOLD_SQS_ENDPOINT' | 'LEASEHOLD_RENEW_EVERY_MS'>
>

/**
 * The requests of a deployed function to DynamoDB, with the Region and the credentials of its environment. One try each: the store
 * retries, since it also knows which refusals are replies and which transactions collided. docs/decisions/requests.md says why
 * the SDK's client does not carry them. Throws `InvalidConfig` without a Region.
 */
export function dynamoClient(environment: ClientSettings): ReturnType<typeof dynamoService> {
  const region = regionOf(process.env)
  const http = patience(environment)
  return dynamoService({
    region,
    endpoint: environment.LEASEHOLD_DYNAMODB_ENDPOINT ?? endpointOf('dynamodb', region, process.env),
    credentials: environmentCredentials,
    clock: SYSTEM_CLOCK,
    http: { ...http, socketTimeout: http.requestTimeout },
    headers: traceHeaders,
  })
}

/** Lambda's trace of the invocation, which the SDK passes on too. */
function traceHeaders(): Readonly<Record<string, string>> {
  const trace = process.env['_X_AMZN_TRACE_ID']
  return {
    'user-agent': 'leasehold',
    ...(trace === undefined || trace === '' ? {} : { 'x-amzn-trace-id': trace }),
  }
}

/** An emulator's queue URLs may name a host that does not resolve; AWS's own are their endpoint. */
export function sqsClient(environment: ClientSettings): SQSClient {
  const endpoint = environment.LEASEHOLD_SQS_ENDPOINT
  return new SQSClient({
    requestHandler: patience(environment),
    ...(endpoint === undefined ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
  })
}

/** For hosts without leases, such as a client outside of the functions. */
export const OUTSIDE_PATIENCE = {
  connectionTimeout: CONNECT_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  // Without it the SDK only warns.
  throwOnRequestTimeout: true,
} as const

/** No request waits longer than the time between two renewals. So a renewal without a reply has another try within its lease. */
function patience({ LEASEHOLD_RENEW_EVERY_MS: renewEveryMs = Number.POSITIVE_INFINITY }: ClientSettings) {
  return {
    ...OUTSIDE_PATIENCE,
    connectionTimeout: Math.min(OUTSIDE_PATIENCE.connectionTimeout, renewEveryMs),
    requestTimeout: Math.min(OUTSIDE_PATIENCE.requestTimeout, renewEveryMs),
  }
}
