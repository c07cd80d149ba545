import { DynamoStore, type DynamoStoreConfig } from './store/dynamo-store.ts'
import { StoreRegistry, type RegistryFacts } from './registry.ts'

export type DynamoRegistryConfig = DynamoStoreConfig &
  Pick<RegistryFacts, 'dueShards' | 'listShards' | 'payloads' | 'slotQueueMax'> & {
    /** By which reads tell what is over its retention. Default: `clock`; another one where processes live by a test's. */
    readonly retentionClock?: RegistryFacts['clock']
  }

/** The registry on DynamoDB: durable, and shared by every worker on the same table. */
export class DynamoProcessRegistry extends StoreRegistry {
  constructor(config: DynamoRegistryConfig) {
    const { dueShards, listShards, payloads, retentionClock, slotQueueMax, ...store } = config
    super(new DynamoStore(store), {
      durable: true,
      name: 'DynamoProcessRegistry',
      tableName: store.tableName,
      clock: retentionClock ?? store.clock,
      dueShards,
      listShards,
      payloads,
      slotQueueMax,
    })
  }
}
