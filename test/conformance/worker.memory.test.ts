import { describe } from 'vitest'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
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

describe('a worker on the registry in memory', () => {
  const open = (facts: { slotQueueMax?: number } = {}) =>
    Promise.resolve(new World(new MemoryProcessRegistry(facts)))
  workerRuns(open)
  workerRecovery(open)
  workerLeases(open)
  workerCancel(open)
  workerSuspects(open)
  workerEntrances(open)
  workerStops(open)
  workerMessages(open)
  workerQueues(open)
})
