import {
  STATUS_EVENTS_BATCH,
  STATUS_EVENTS_MEMORY_MB,
  STATUS_EVENTS_RECORD_AGE_MAX_MS,
  STATUS_EVENTS_TIMEOUT_MS,
  STATUS_EVENTS_WINDOW_MS,
} from '../model/limits-status-events.ts'
import { STREAM_FILTERS, type FilterPattern } from './filter.ts'

/** The function behind the table's stream and the mapping between them, as plain data. Durations are milliseconds. */
export type StatusEventsShape = {
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Of the mapping, which reports batch item failures and starts at TRIM_HORIZON: from the oldest record there is. */
  readonly batchSize: number
  readonly windowMs: number
  /** How old a record may get before the mapping gives it up to its on-failure destination. */
  readonly recordAgeMaxMs: number
  readonly filters: readonly FilterPattern[]
}

/** What is deployed, and what local runs are made from. Retries are not limited but by a record's age. */
export const STATUS_EVENTS_SHAPE: StatusEventsShape = {
  timeoutMs: STATUS_EVENTS_TIMEOUT_MS,
  memoryMb: STATUS_EVENTS_MEMORY_MB,
  batchSize: STATUS_EVENTS_BATCH,
  windowMs: STATUS_EVENTS_WINDOW_MS,
  recordAgeMaxMs: STATUS_EVENTS_RECORD_AGE_MAX_MS,
  filters: STREAM_FILTERS,
}
