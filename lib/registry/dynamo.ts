import { DynamoStore, type DynamoStoreConfig } from './store/dynamo-store.ts'
import { StoreRegistry, type RegistryFacts } from './registry.ts'

export type DynamoRegistryConfig = DynamoStoreConfig &
  Pick<RegistryFacts, 'dueShards' | 'listShards' | 'payloads'>

/** The registry on DynamoDB: durable, and shared by every worker on the same table. */
export class DynamoProcessRegistry extends StoreRegistry {
  constructor(config: DynamoRegistryConfig) {
    const { dueShards, listShards, payloads, ...store } = config
    const { tableName, clock } = store
    const facts = { durable: true, name: 'DynamoProcessRegistry', tableName, clock }
    super(new DynamoStore(store), { ...facts, dueShards, listShards, payloads })
  }
}
