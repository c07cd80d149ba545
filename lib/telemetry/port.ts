import type { Json } from '../model/json.ts'

/** Facts a log line or a metric carries. Never an input, an output or a token. */
export type Facts = { readonly [key: string]: Json | undefined }

/** Every metric the library counts; docs and alarms use these names. */
export const METRICS = [
  'Claimed',
  'Busy',
  'TookOver',
  'LeaseLost',
  'Parked',
  'HandedOver',
  'Completed',
  'Failed',
  'Cancelled',
  'Abandoned',
  'Stuck',
  'AttemptsExhausted',
  'UnknownKind',
  'Rejected',
  'DeadLettered',
  'SweepDue',
  'SweepRung',
  'SweepHeldBack',
  'SweepTruncated',
  'UnreadableItem',
  'RunFailed',
  'AuditBreach',
  'Requested',
  'RequestFailed',
] as const
export type MetricName = (typeof METRICS)[number]

/** Where the library tells what happens: one line a fact, one count an event. */
export interface Telemetry {
  count(metric: MetricName, by?: number, facts?: Facts): void
  info(message: string, facts?: Facts): void
  warn(message: string, facts?: Facts): void
  /** `error` is logged with its stack and its causes. */
  error(message: string, error: unknown, facts?: Facts): void
}

/** For hosts and tests that want none. */
export const SILENT: Telemetry = { count() {}, info() {}, warn() {}, error() {} }
