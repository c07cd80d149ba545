import { expectConfig, type Options } from '../model/options.ts'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoStore, type DynamoStoreConfig } from './store/dynamo-store.ts'
import { sdkRequests } from './store/requests.ts'
import { PAYLOAD_PORTS } from './payload-ports.ts'
import { StoreRegistry, type RegistryFacts } from './registry.ts'

export type DynamoRegistryConfig = Omit<DynamoStoreConfig, 'requests'> &
  Pick<RegistryFacts, 'dueShards' | 'listShards' | 'payloads' | 'slotQueueMax'> & {
    /**
     * Built with `maxAttempts: 1`: the registry retries by itself. Two mechanisms on top of each other would multiply
     * tries, and hide from the registry that a reply was lost.
     */
    readonly client: DynamoDBClient
    /** Reads use it to hide processes after their retention. Default: `clock`. A test may give another one. */
    readonly retentionClock?: RegistryFacts['clock']
  }

const CONFIG: Options<DynamoRegistryConfig> = {
  client: 'any',
  tableName: 'text',
  clock: 'any',
  chance: 'any',
  patienceMs: 'positive',
  dueShards: 'any',
  listShards: 'any',
  payloads: PAYLOAD_PORTS,
  retentionClock: 'any',
  slotQueueMax: 'any',
}

/** The registry on DynamoDB: durable, and shared by every worker on the same table. */
export class DynamoProcessRegistry extends StoreRegistry {
  constructor(config: DynamoRegistryConfig) {
    expectConfig<DynamoRegistryConfig>(config, CONFIG)
    const { client, dueShards, listShards, payloads, retentionClock, slotQueueMax, ...store } = config
    super(new DynamoStore({ ...store, requests: sdkRequests(client) }), {
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
