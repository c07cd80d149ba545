// The subpath `leasehold/cdk`: infrastructure, apart from the library, so that a worker's bundle never meets it.
export { Handler, type HandlerProps, Worker, type WorkerProps } from './functions.ts'
export { Leasehold, type LeaseholdProps } from './leasehold.ts'
export { WorkQueues } from './queues.ts'
export { LeaseholdStack } from './stack.ts'
export { Sweep, type SweepProps } from './sweep.ts'
export { ProcessTable } from './table.ts'
export { type QueueShape, queueShape } from '../worker/queue/queue-shape.ts'
