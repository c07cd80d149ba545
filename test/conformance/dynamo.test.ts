import { inject } from 'vitest'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { registryConformance } from './suite/index.ts'

registryConformance({
  name: 'on DynamoDB',
  async open() {
    const client = localClient(inject('dynamoEndpoint'))
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
