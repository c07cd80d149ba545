import { hostname } from 'node:os'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import type { WorkerConfig } from '../../lib/worker/config.ts'
import { DurableProcessWorker } from '../../lib/worker/worker.ts'
import { dynamoOf } from './dynamo.ts'
import { report } from './report.ts'
import { serve } from './serve.ts'

// #region config
/** All that a worker is made of, from the environment: any host that has it makes the same worker. */
function configOf(env: NodeJS.ProcessEnv): WorkerConfig {
  const registry = new DynamoProcessRegistry({
    client: dynamoOf(env['LEASEHOLD_DYNAMODB_ENDPOINT']),
    tableName: env['LEASEHOLD_TABLE'] ?? 'leasehold',
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  // A shorter lease than the default of 15 s: the processes of a dead host continue sooner.
  const lease = { leaseTtlMs: 3_000, renewEveryMs: 1_000 }
  return { registry, definitions: [report], ownerId: `${hostname()}/${process.pid}`, ...lease }
}
// #endregion

// #region main
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')))
await serve(new DurableProcessWorker(configOf(process.env)), { stop: stop.signal, graceMs: 5_000 })
process.exit(0)
// #endregion
