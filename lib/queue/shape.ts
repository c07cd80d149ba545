import {
  CONCURRENCY,
  DEAD_LETTER_RETENTION_MS,
  MAX_RECEIVES,
  RECEIVE_WAIT_MS,
  SQS_BATCH_MAX,
  SWEEP_EVERY_MS,
  SWEEP_MEMORY_MB,
  SWEEP_TIMEOUT_MS,
  VISIBILITY_PER_TIMEOUT,
  WORKER_MAX_INVOCATIONS,
  WORKER_MEMORY_MB,
  WORKER_TIMEOUT_MS,
  WORK_RETENTION_MS,
} from '../model/limits.ts'

/** The two queues and the two functions around them, as plain data. Durations are milliseconds, memory is MiB. */
export type QueueShape = {
  readonly work: {
    readonly visibilityTimeoutMs: number
    readonly retentionMs: number
    readonly receiveWaitMs: number
    /** After so many deliveries SQS moves a message to the dead-letter queue. */
    readonly maxReceiveCount: number
  }
  readonly deadLetter: { readonly retentionMs: number }
  readonly worker: {
    readonly timeoutMs: number
    readonly memoryMb: number
    /** Messages of one invocation; it answers with those that failed. */
    readonly batchSize: number
    readonly maxInvocations: number
    /** Processes that one invocation runs at once. */
    readonly concurrency: number
  }
  readonly sweep: { readonly everyMs: number; readonly timeoutMs: number; readonly memoryMb: number }
}

/**
 * The shape that is deployed and the one that runs locally, from one place. A shorter `workerTimeoutMs` (local runs,
 * tests) shortens the visibility timeout with it: a message must stay hidden for longer than any invocation lasts.
 */
export function queueShape(workerTimeoutMs: number = WORKER_TIMEOUT_MS): QueueShape {
  return {
    work: {
      visibilityTimeoutMs: workerTimeoutMs * VISIBILITY_PER_TIMEOUT,
      retentionMs: WORK_RETENTION_MS,
      receiveWaitMs: RECEIVE_WAIT_MS,
      maxReceiveCount: MAX_RECEIVES,
    },
    deadLetter: { retentionMs: DEAD_LETTER_RETENTION_MS },
    worker: {
      timeoutMs: workerTimeoutMs,
      memoryMb: WORKER_MEMORY_MB,
      batchSize: SQS_BATCH_MAX,
      maxInvocations: WORKER_MAX_INVOCATIONS,
      concurrency: CONCURRENCY,
    },
    sweep: { everyMs: SWEEP_EVERY_MS, timeoutMs: SWEEP_TIMEOUT_MS, memoryMb: SWEEP_MEMORY_MB },
  }
}
