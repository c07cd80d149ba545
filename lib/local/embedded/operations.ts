import type { Database } from './database.ts'
import { batchGetItem, batchWriteItem } from './batch-operations.ts'
import { deleteItem, getItem, putItem, updateItem } from './item-operations.ts'
import { query, scan } from './read-operations.ts'
import type { RequestBody } from './request.ts'
import { describeStream, getRecords, getShardIterator, listStreams } from './stream-operations.ts'
import {
  createTable,
  deleteTable,
  describeTable,
  describeTimeToLive,
  listTables,
  updateTimeToLive,
} from './table-operations.ts'
import { transactGetItems, transactWriteItems } from './transact-operations.ts'

export type TableOperation = (db: Database, body: RequestBody) => object

/** By the name in `X-Amz-Target`. */
export const OPERATIONS: ReadonlyMap<string, TableOperation> = new Map(
  Object.entries({
    'DynamoDB_20120810.CreateTable': createTable,
    'DynamoDB_20120810.DescribeTable': describeTable,
    'DynamoDB_20120810.DeleteTable': deleteTable,
    'DynamoDB_20120810.ListTables': listTables,
    'DynamoDB_20120810.UpdateTimeToLive': updateTimeToLive,
    'DynamoDB_20120810.DescribeTimeToLive': describeTimeToLive,
    'DynamoDB_20120810.PutItem': putItem,
    'DynamoDB_20120810.GetItem': getItem,
    'DynamoDB_20120810.UpdateItem': updateItem,
    'DynamoDB_20120810.DeleteItem': deleteItem,
    'DynamoDB_20120810.Query': query,
    'DynamoDB_20120810.Scan': scan,
    'DynamoDB_20120810.BatchGetItem': batchGetItem,
    'DynamoDB_20120810.BatchWriteItem': batchWriteItem,
    'DynamoDB_20120810.TransactWriteItems': transactWriteItems,
    'DynamoDB_20120810.TransactGetItems': transactGetItems,
    'DynamoDBStreams_20120810.ListStreams': listStreams,
    'DynamoDBStreams_20120810.DescribeStream': describeStream,
    'DynamoDBStreams_20120810.GetShardIterator': getShardIterator,
    'DynamoDBStreams_20120810.GetRecords': getRecords,
  }),
)
