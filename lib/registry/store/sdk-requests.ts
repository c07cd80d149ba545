import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import type { DynamoOperation, DynamoOperations, DynamoRequests } from './requests.ts'

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
