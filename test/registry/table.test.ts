import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { expect, inject, test } from 'vitest'
import { freshTable, localClient } from '../helpers/table.ts'

test('the table that DynamoDB makes of the description has its keys, indexes, stream and expiry', async () => {
  const client = localClient(inject('dynamoEndpoint'))
  const TableName = await freshTable(client, 'shape', { stream: true, ttl: true })
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  expect(Table?.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ])
  expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
  expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' })
  const indexes = Object.fromEntries(
    (Table?.GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, index]),
  )
  expect(Object.keys(indexes).sort()).toEqual(['attention', 'due', 'list', 'scope'])
  expect(indexes['due']).toMatchObject({
    KeySchema: [
      { AttributeName: 'd', KeyType: 'HASH' },
      { AttributeName: 'da', KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'INCLUDE' },
  })
  expect(indexes['due']?.Projection?.NonKeyAttributes?.toSorted()).toEqual(['b', 'f', 'k', 's', 'u'])
  const listed = ['ea', 'k', 'lw', 's', 'sc', 'x']
  expect(indexes['list']?.Projection?.NonKeyAttributes?.toSorted()).toEqual(listed)
  expect(indexes['scope']?.Projection?.NonKeyAttributes?.toSorted()).toEqual(listed)
  const attention = [...listed, 'ca', 'rb'].toSorted()
  expect(indexes['attention']?.Projection?.NonKeyAttributes?.toSorted()).toEqual(attention)
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
  expect(TimeToLiveDescription).toEqual({ AttributeName: 'x', TimeToLiveStatus: 'ENABLED' })
})
