import {
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type PutItemCommandInput,
  type PutItemCommandOutput,
  type QueryCommandInput,
  type QueryCommandOutput,
  type TransactWriteItemsCommandInput,
  type TransactWriteItemsCommandOutput,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
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

const COMMANDS = {
  BatchGetItem: BatchGetItemCommand,
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  Query: QueryCommand,
  TransactWriteItems: TransactWriteItemsCommand,
  UpdateItem: UpdateItemCommand,
} as const satisfies { readonly [operation in DynamoOperation]: unknown }

/** The requests of the store by a client of the AWS SDK, with all that its owner has configured or added. */
export function sdkRequests(client: DynamoDBClient): DynamoRequests {
  return {
    send<Operation extends DynamoOperation>(operation: Operation, input: DynamoOperations[Operation][0]) {
      // The compiler does not relate a command to the input of its own operation.
      const Command = COMMANDS[operation] as unknown as new (
        input: object,
      ) => Parameters<typeof client.send>[0]
      return client.send(new Command(input)) as Promise<DynamoOperations[Operation][1]>
    },
  }
}
