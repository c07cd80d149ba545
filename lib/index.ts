// The public door of the library. CDK constructs go out as `leasehold/cdk`, the test kit as `leasehold/testing`, large
// payloads as `leasehold/s3`.

export { defineProcess, type AnyDefinition, type ProcessDefinition } from './effects/definition.ts'
export type { ChildDefinition, EventSchemas } from './effects/context.ts'
export type {
  Callback,
  Child,
  ChildOptions,
  ProcessContext,
  StepContext,
  StepOptions,
} from './effects/context.ts'
export type { ParallelOptions } from './effects/tasks.ts'
export type { EffectController, RunEffects, Journal, RunPorts, RunStop } from './effects/controller.ts'
export { JournaledEffectController } from './effects/journaled.ts'
export { InlineEffectController } from './effects/inline.ts'

export { ProcessClient, type ClientParts } from './client/client.ts'
export type { KindView } from './client/kinds.ts'
export type { ChildView, PayloadView } from './client/log-views.ts'
export { OperationsClient, type OperationsParts } from './client/operations-client.ts'
export type { CountsQuery, Operations } from './client/operations.ts'
export type { DueShard, HealthView } from './client/health-view.ts'
export type { HealthProblem } from './client/health-view.ts'
export { SqsQueueWatch, type QueueWatch, type WatchedUrls } from './queue/queue-watch.ts'
export type { QueueDepth } from './queue/queue-watch.ts'
export type { SweepNote } from './registry/port-lists.ts'
export type { SlotRelease, SlotsView } from './client/slots.ts'
export type { OpenWait, WaitAnswer, WaitsView, WaitView } from './client/waits.ts'
export { processClientOnAws, type OnAwsOptions } from './client/on-aws.ts'
export type {
  ExternalOutput,
  FollowOptions,
  OutputOf,
  Processes,
  ProcessView,
  ResultOptions,
  RetryOptions,
  StartOf,
  StartOptions,
  StartReply,
} from './client/processes.ts'

export { DurableProcessWorker } from './worker/worker.ts'
export { WORKER_DEFAULTS, type WorkerConfig } from './worker/config.ts'
export type { ExecutionContext } from './worker/execution.ts'
export type { SegmentOutcome } from './worker/execution.ts'
export type { DriveOptions, DrivePass } from './worker/drive.ts'
export { workerHandler } from './worker/lambda.ts'
export { sweepHandler } from './sweep/lambda.ts'
export { sweep, type SweepPass } from './sweep/sweep.ts'
export { audit, type AuditReport } from './sweep/audit.ts'
export { lookMessage, startMessage } from './queue/messages.ts'
export { NO_DOORBELL, type Wakeup, type Doorbell } from './queue/doorbell.ts'
export { SqsDoorbell } from './queue/sqs.ts'
export { SYSTEM_CHANCE, SYSTEM_CLOCK } from './host/system.ts'

export { DynamoProcessRegistry } from './registry/dynamo.ts'
export { MemoryProcessRegistry } from './registry/memory.ts'
export { GZIP } from './registry/payload-ports.ts'
export type { LargePayloads, PayloadCodec, PayloadPorts } from './registry/payload-ports.ts'
export type {
  AttentionQuery,
  AttentionRow,
  ClaimReply,
  KindCounts,
  ListedProcess,
  ListQuery,
  ManyKindsQuery,
  Page,
  ProcessLists,
  ProcessRegistry,
} from './registry/port.ts'

export { METRICS, type CountName, type DurationName, type MetricName } from './telemetry/metrics.ts'
export { SILENT, type Telemetry } from './telemetry/port.ts'

export * as limits from './model/limits.ts'
export type { Chance, Clock, EpochMs } from './model/clock.ts'
export type { Duration } from './model/duration.ts'
export { parseProcessId, type ProcessId } from './model/ids.ts'
export type { Json } from './model/json.ts'
export type { Lease } from './model/lease.ts'
export type { LogEntry } from './model/log.ts'
export type { ErrorFacts } from './model/recorded-error.ts'
export type { Evidence, Output, ProcessRecord, Status, TerminalStatus } from './model/record.ts'
export {
  registrationHash,
  toRegistration,
  type Recovery,
  type Registration,
  type RegistrationInput,
} from './model/registration.ts'
export type { RetryPolicy } from './model/retry.ts'
export * from './model/errors.ts'
export { RecordedError } from './model/recorded-error.ts'
