import { afterAll, beforeAll } from 'vitest'
import { startEmbeddedStore, type EmbeddedStore } from '../../lib/local/embedded/embedded-store.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/sdk-requests.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { registryConformance } from './suite/index.ts'

// The suites of effects and of the worker, and all others that take a DynamoDB, run on it with TEST_STORE=embedded.

let embedded: EmbeddedStore
beforeAll(async () => {
  embedded = await startEmbeddedStore()
})
afterAll(() => embedded.stop())

registryConformance({
  name: 'on the embedded store',
  async open() {
    const client = localClient(embedded.endpoint)
    const tableName = await freshTable(client, 'conformance')
    return {
      store: new DynamoStore({
        requests: sdkRequests(client),
        tableName,
        clock: SYSTEM_CLOCK,
        chance: SYSTEM_CHANCE,
      }),
      registryOver: (store) => new StoreRegistry(store, { durable: true, name: 'DynamoProcessRegistry' }),
    }
  },
})
