import { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** A client of DynamoDB, or of an emulator where its endpoint is given. One try: the registry repeats what fails. */
export function dynamoOf(endpoint: string | undefined): DynamoDBClient {
  if (endpoint === undefined) return new DynamoDBClient({ maxAttempts: 1 })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return new DynamoDBClient({ maxAttempts: 1, endpoint, region: 'us-east-1', credentials })
}
