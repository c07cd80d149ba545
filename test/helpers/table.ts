import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { createTableInput, timeToLiveInput } from '../../lib/registry/table.ts'

/** A client of DynamoDB Local, with the one try that the store asks for. */
export function localClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
}

/**
 * A fresh table under a name of its own, ready for use. It has a time to live and a stream only where the test is about one.
 * Otherwise nothing may be removed. Most tests have a clock of their own that is a year behind. For DynamoDB Local their
 * ended processes expired long ago, and it removes them within a minute. And DynamoDB Local keeps the stream records of all
 * tables together. At each request to a table that has a stream it reads over those of every table before it: thousands,
 * after a suite or two.
 */
export async function freshTable(
  client: DynamoDBClient,
  prefix = 'test',
  { ttl = false, stream = false }: { ttl?: boolean; stream?: boolean } = {},
): Promise<string> {
  const tableName = `${prefix}-${randomBytes(6).toString('hex')}`
  const { StreamSpecification, ...plain } = createTableInput(tableName)
  await client.send(new CreateTableCommand({ ...plain, ...(stream && { StreamSpecification }) }))
  for (let looks = 0; looks < 1_000; looks += 1) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
    const indexes = Table?.GlobalSecondaryIndexes ?? []
    if (Table?.TableStatus === 'ACTIVE' && indexes.every(({ IndexStatus }) => IndexStatus === 'ACTIVE')) {
      if (ttl) await client.send(new UpdateTimeToLiveCommand(timeToLiveInput(tableName)))
      return tableName
    }
    await turn()
  }
  throw new Error(`table ${tableName} did not become ACTIVE`)
}
