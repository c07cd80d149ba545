import { describe, inject } from 'vitest'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { World } from '../helpers/world.ts'
import { workerCancel } from './suite/worker-cancel.ts'
import { workerEntrances } from './suite/worker-entrances.ts'
import { workerLeases } from './suite/worker-leases.ts'
import { workerMessages } from './suite/worker-messages.ts'
import { workerQueues } from './suite/worker-queues.ts'
import { workerRecovery } from './suite/worker-recovery.ts'
import { workerStops } from './suite/worker-stops.ts'
import { workerRuns } from './suite/worker-runs.ts'
import { workerSuspects } from './suite/worker-suspects.ts'

/** Processes live by a clock of the test's own, long before today: by today's, all that ended would be over. */
const PAST = { now: () => 0 }

describe('a worker on DynamoDB', () => {
  const client = localClient(inject('dynamoEndpoint'))
  const open = async (facts: { slotQueueMax?: number } = {}) => {
    const tableName = await freshTable(client, 'worker')
    const [clock, chance] = [SYSTEM_CLOCK, SYSTEM_CHANCE]
    return new World(
      new DynamoProcessRegistry({ client, tableName, clock, chance, retentionClock: PAST, ...facts }),
    )
  }
  workerRuns(open)
  workerRecovery(open)
  workerLeases(open)
  workerCancel(open)
  workerSuspects(open)
  workerEntrances(open)
  workerStops(open, { stride: 37 })
  workerMessages(open)
  workerQueues(open)
})
