import type { Json } from '../model/json.ts'
import type { CountName, DurationName } from './metrics.ts'

/** Facts a log line or a metric carries. Never an input, an output or a token. */
export type Facts = { readonly [key: string]: Json | undefined }

/** Where the library tells what happens: one line a fact, one count an event, one measure a duration. */
export interface Telemetry {
  count(metric: CountName, by?: number, facts?: Facts): void
  /** One duration of a metric that measures. */
  measure(metric: DurationName, ms: number, facts?: Facts): void
  info(message: string, facts?: Facts): void
  /** `error`, where there is one, is logged with its stack and its causes. */
  warn(message: string, facts?: Facts, error?: unknown): void
  /** `error` is logged with its stack and its causes. */
  error(message: string, error: unknown, facts?: Facts): void
}

/** For hosts and tests that want none. */
export const SILENT: Telemetry = { count() {}, measure() {}, info() {}, warn() {}, error() {} }
