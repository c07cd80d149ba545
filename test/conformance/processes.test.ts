import { afterAll, beforeAll, describe, inject } from 'vitest'
import { HttpProcessClient } from '../../lib/client/http/client.ts'
import { HttpOperationsClient } from '../../lib/client/http/operations.ts'
import { sigV4 } from '../../lib/client/http/signing.ts'
import { OperationsClient } from '../../lib/client/operations-client.ts'
import { processClientOnAws } from '../../lib/client/on-aws.ts'
import type { Operations } from '../../lib/client/operations.ts'
import type { Processes } from '../../lib/client/processes.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SqsQueueWatch } from '../../lib/queue/queue-watch.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
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
  const open = (): Processes => {
    const { tableName, queueUrl, clients } = stack
    return processClientOnAws({ tableName, queueUrl, definitions, dynamo: clients.dynamo, sqs: clients.sqs })
  }
  const operations = (): Operations => {
    const { tableName, clients, queueUrl, urgentQueueUrl, deadLetterUrl } = stack
    const isolation = queueUrl.replace(/-work$/u, '-isolation')
    const urls = { work: queueUrl, urgent: urgentQueueUrl, isolation, 'dead-letter': deadLetterUrl }
    const queues = new SqsQueueWatch({ client: clients.sqs, urls })
    const parts = { client: clients.dynamo, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
    return new OperationsClient({ registry: new DynamoProcessRegistry(parts), definitions, queues })
  }
  processesSuite(open)
  operationsSuite(operations, open)
})

describe('processes over HTTP, signed, through the gateway and the bundled handler', () => {
  const auth = sigV4({ region: 'us-east-1', service: 'execute-api', credentials: CREDENTIALS })
  const open = (): Processes => new HttpProcessClient({ url: stack.apiUrl, auth })
  processesSuite(open)
  operationsSuite(() => new HttpOperationsClient({ url: stack.apiUrl, auth }), open)
})
