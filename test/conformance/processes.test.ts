import { afterAll, beforeAll, describe, inject } from 'vitest'
import { HttpProcessClient } from '../../lib/client/http/client.ts'
import { HttpOperationsClient } from '../../lib/client/http/operations.ts'
import { sigV4 } from '../../lib/client/http/signing.ts'
import { OperationsClient } from '../../lib/client/operations-client.ts'
import { processClientOnAws } from '../../lib/client/on-aws.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import { clientStack } from '../helpers/client-stack.ts'
import { definitions } from './fixtures/definitions.ts'
import { operationsSuite } from './suite/operations.ts'
import { processesSuite } from './suite/processes.ts'

let stack: LocalStack
beforeAll(async () => {
  stack = await clientStack({
    name: 'processes',
    dynamoEndpoint: inject('dynamoEndpoint'),
    apiAuth: 'iam',
  })
})
afterAll(() => stack.stop())

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

describe('processes straight on the table and the queue', () => {
  processesSuite(() => {
    const { tableName, queueUrl, clients } = stack
    return processClientOnAws({ tableName, queueUrl, dynamo: clients.dynamo, sqs: clients.sqs })
  })
  operationsSuite(() => new OperationsClient({ definitions }))
})

describe('processes over HTTP, signed, through the gateway and the bundled handler', () => {
  const auth = sigV4({ region: 'us-east-1', service: 'execute-api', credentials: CREDENTIALS })
  processesSuite(() => new HttpProcessClient({ url: stack.apiUrl, auth }))
  operationsSuite(() => new HttpOperationsClient({ url: stack.apiUrl, auth }))
})
