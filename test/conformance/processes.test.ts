import { afterAll, beforeAll, describe, inject } from 'vitest'
import { HttpProcessClient } from '../../lib/client/http/client.ts'
import { sigV4 } from '../../lib/client/http/signing.ts'
import { processClientOnAws } from '../../lib/client/on-aws.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import { clientStack } from '../helpers/client-stack.ts'
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
})

describe('processes over HTTP, signed, through the gateway and the bundled handler', () => {
  processesSuite(() => {
    const auth = sigV4({ region: 'us-east-1', service: 'execute-api', credentials: CREDENTIALS })
    return new HttpProcessClient({ url: stack.apiUrl, auth })
  })
})
