import { Construct } from 'constructs'
import { type QueueShape, queueShape } from '../worker/queue/queue-shape.ts'
import { ENTRIES } from './bundling.ts'
import { Worker } from './functions.ts'
import { WorkQueues } from './queues.ts'
import { Sweep } from './sweep.ts'
import { ProcessTable } from './table.ts'

export type LeaseholdProps = {
  /** The worker's entry file: it exports `handler` and lists the definitions. Default: this package's own. */
  readonly workerEntry?: string
  /** Default: this package's own. */
  readonly sweepEntry?: string
  /** Default: `queueShape()`, with the longest timeout that Lambda allows. */
  readonly shape?: QueueShape
}

/**
 * Everything that durable processes need, as one construct for a stack of your own. The worker may touch its table and
 * its queues, and nothing else: what your definitions need you grant to `worker.handler.role`.
 *
 *     const leasehold = new Leasehold(this, 'Leasehold', { workerEntry: join(import.meta.dirname, 'worker.ts') })
 *     invoices.grantReadWriteData(leasehold.worker.handler.role)
 */
export class Leasehold extends Construct {
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly worker: Worker
  readonly sweep: Sweep

  constructor(scope: Construct, id: string, props: LeaseholdProps = {}) {
    super(scope, id)
    const { workerEntry = ENTRIES.worker, sweepEntry = ENTRIES.sweep, shape = queueShape() } = props
    const table = (this.table = new ProcessTable(this, 'Processes'))
    const queues = (this.queues = new WorkQueues(this, 'Queues', shape))
    this.worker = new Worker(this, 'Worker', { entry: workerEntry, shape, table, queues })
    this.sweep = new Sweep(this, 'Sweep', { entry: sweepEntry, shape, table, queues })
  }
}
