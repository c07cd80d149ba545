import { expect, test } from 'vitest'
import { neededRights } from './requests.ts'

const THINGS = {
  tables: new Map([['processes', 'Processes/Table']]),
  queues: new Map([['processes-work', 'Queues/Work']]),
}
const TableName = 'processes'
const QueueUrl = 'http://127.0.0.1:9324/000000000000/processes-work'

test.each<[string, string, object, readonly string[]]>([
  ['a read', 'DynamoDB_20120810.GetItem', { TableName }, ['dynamodb:GetItem on Processes/Table']],
  [
    'a query of an index',
    'DynamoDB_20120810.Query',
    { TableName, IndexName: 'due' },
    ['dynamodb:Query on Processes/Table/index/due'],
  ],
  [
    'a transaction, part by part',
    'DynamoDB_20120810.TransactWriteItems',
    { TransactItems: [{ Put: { TableName } }, { ConditionCheck: { TableName } }] },
    ['dynamodb:PutItem on Processes/Table', 'dynamodb:ConditionCheckItem on Processes/Table'],
  ],
  [
    'a batch of reads',
    'DynamoDB_20120810.BatchGetItem',
    { RequestItems: { processes: {} } },
    ['dynamodb:BatchGetItem on Processes/Table'],
  ],
  [
    'a read of the stream',
    'DynamoDBStreams_20120810.GetRecords',
    { ShardIterator: 'x' },
    ['dynamodb:GetRecords on Processes/Table/stream'],
  ],
  ['a list of streams', 'DynamoDBStreams_20120810.ListStreams', {}, ['dynamodb:ListStreams on *']],
  ['a message', 'AmazonSQS.SendMessage', { QueueUrl }, ['sqs:SendMessage on Queues/Work']],
  ['a batch of messages', 'AmazonSQS.SendMessageBatch', { QueueUrl }, ['sqs:SendMessage on Queues/Work']],
])('neededRights() names the rights of %s', (_, target, body, rights) => {
  expect(neededRights({ target, body }, THINGS)).toEqual(rights.map((right) => ({ right })))
})

test('neededRights() names the partition keys of the items of a request', () => {
  const Key = { pk: { S: 'P#a' }, sk: { S: 'PROCESS' } }
  const body = { TransactItems: [{ Update: { TableName, Key } }, { Put: { TableName, Item: Key } }] }
  const needs = neededRights({ target: 'DynamoDB_20120810.TransactWriteItems', body }, THINGS)
  expect(needs.map(({ leadingKeys }) => leadingKeys)).toEqual([['P#a'], ['P#a']])
})

test.each<[string, string, object]>([
  ['a service that it does not know', 'Kinesis.PutRecord', {}],
  ['a table that the template lacks', 'DynamoDB_20120810.GetItem', { TableName: 'other' }],
  ['a part that it does not know', 'DynamoDB_20120810.TransactWriteItems', { TransactItems: [{ Move: {} }] }],
  ['a transaction without items', 'DynamoDB_20120810.TransactWriteItems', {}],
])('neededRights() throws on %s', (_, target, body) => {
  expect(() => neededRights({ target, body }, THINGS)).toThrow()
})
