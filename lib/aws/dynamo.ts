import type { DynamoOperation, DynamoOperations, DynamoRequests } from '../registry/store/requests.ts'
import { JsonService, type JsonServiceConfig } from './json-service.ts'

/** DynamoDB's requests of the store, by `JsonService`. No attribute that it sends contains bytes. */
export function dynamoService(
  config: Omit<JsonServiceConfig, 'service' | 'target'>,
): DynamoRequests & { destroy(): void } {
  const service = new JsonService({ ...config, service: 'dynamodb', target: 'DynamoDB_20120810' })
  return {
    // The reply is DynamoDB's word, as it is when the SDK decodes it.
    send: async <Operation extends DynamoOperation>(
      operation: Operation,
      input: DynamoOperations[Operation][0],
    ) => (await service.send(operation, input)) as DynamoOperations[Operation][1],
    destroy: () => service.destroy(),
  }
}
