// Processes over HTTP, with none of the AWS clients: `leasehold/client`.

export { HttpProcessClient, type HttpClientOptions } from './client.ts'
export { bearer, sigV4, unsigned, type Authenticator, type Credentials, type Outgoing } from './signing.ts'
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
export { defineProcess, type ChildDefinition } from '../../effects/definition.ts'
export type { ListedProcess, ListQuery, Page } from '../../registry/port.ts'
export type { LogEntry } from '../../model/log.ts'
export type { Output, Status } from '../../model/record.ts'
export * from '../../model/errors.ts'
