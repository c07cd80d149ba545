import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  TransactWriteItemsCommandInput,
  TransactWriteItemsCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb'

/** The requests that the store makes, by the names that DynamoDB gives them. */
export type DynamoOperations = {
  readonly BatchGetItem: readonly [BatchGetItemCommandInput, StoreReply<BatchGetItemCommandOutput>]
  readonly GetItem: readonly [GetItemCommandInput, StoreReply<GetItemCommandOutput>]
  readonly PutItem: readonly [PutItemCommandInput, StoreReply<PutItemCommandOutput>]
  readonly Query: readonly [QueryCommandInput, StoreReply<QueryCommandOutput>]
  readonly TransactWriteItems: readonly [
    TransactWriteItemsCommandInput,
    StoreReply<TransactWriteItemsCommandOutput>,
  ]
  readonly UpdateItem: readonly [UpdateItemCommandInput, StoreReply<UpdateItemCommandOutput>]
}
export type DynamoOperation = keyof DynamoOperations

type StoreReply<Output> = Omit<Output, '$metadata'>

/**
 * Sends one request to DynamoDB, once: the store retries. Throws an error whose `name` is DynamoDB's code of the refusal
 * (`ConditionalCheckFailedException`), with the fields of the refusal, such as `Item` and `CancellationReasons`. A request without a
 * reply throws an error whose `name` or `code` says so (`TimeoutError`, `ECONNRESET`), and a failure of DynamoDB's own has
 * `$metadata.httpStatusCode`.
 */
export type DynamoRequests = {
  send<Operation extends DynamoOperation>(
    operation: Operation,
    input: DynamoOperations[Operation][0],
  ): Promise<DynamoOperations[Operation][1]>
}
