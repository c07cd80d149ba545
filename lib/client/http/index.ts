// Processes over HTTP, with none of the AWS clients: `leasehold/client`.

export { HttpProcessClient } from './client.ts'
export { HttpOperationsClient } from './operations.ts'
export type { HttpClientOptions } from './options.ts'
export {
  bearer,
  sigV4,
  unsigned,
  type Authenticator,
  type SigningCredentials,
  type UnsignedRequest,
} from './signing.ts'
export type { Fetch } from './transport.ts'
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
} from '../processes.ts'
export type { KindView } from '../kinds.ts'
export type { ChildView, PayloadView } from '../log-views.ts'
export type { CountsQuery, Operations } from '../operations.ts'
export type { DueShard, HealthView } from '../health-view.ts'
export type { HealthProblem } from '../health-view.ts'
export type { QueueDepth } from '../../queue/queue-watch.ts'
export type { SweepNote } from '../../registry/port-lists.ts'
export type { SlotRelease, SlotsView } from '../slots.ts'
export type { OpenWait, WaitAnswer, WaitsView, WaitView } from '../waits.ts'
export { defineProcess } from '../../effects/definition.ts'
export type { ChildDefinition } from '../../effects/context.ts'
export type {
  AttentionQuery,
  AttentionRow,
  KindCounts,
  ListedProcess,
  ListQuery,
  Page,
} from '../../registry/port-lists.ts'
export type { LogEntry } from '../../model/log.ts'
export type { Output, Status } from '../../model/record.ts'
export * from '../../model/errors.ts'
