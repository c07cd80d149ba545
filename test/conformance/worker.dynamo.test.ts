import { describe, inject } from 'vitest'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/worker/system.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { World } from '../helpers/world.ts'
import { workerCancel } from './suite/worker-cancel.ts'
import { workerRecovery } from './suite/worker-recovery.ts'
import { workerRuns } from './suite/worker-runs.ts'

describe('a worker on DynamoDB', () => {
  const client = localClient(inject('dynamoEndpoint'))
  const open = async () => {
    const tableName = await freshTable(client, 'worker')
    return new World(
      new DynamoProcessRegistry({ client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }),
    )
  }
  workerRuns(open)
  workerRecovery(open)
  workerCancel(open)
})
