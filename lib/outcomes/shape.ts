import {
  OUTCOMES_BATCH,
  OUTCOMES_MEMORY_MB,
  OUTCOMES_RECORD_AGE_MAX_MS,
  OUTCOMES_TIMEOUT_MS,
  OUTCOMES_WINDOW_MS,
} from '../model/limits-outcomes.ts'
import { STREAM_FILTERS, type FilterPattern } from './filter.ts'

/** The function behind the table's stream and the mapping between them, as plain data. Durations are milliseconds. */
export type OutcomesShape = {
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
export const OUTCOMES_SHAPE: OutcomesShape = {
  timeoutMs: OUTCOMES_TIMEOUT_MS,
  memoryMb: OUTCOMES_MEMORY_MB,
  batchSize: OUTCOMES_BATCH,
  windowMs: OUTCOMES_WINDOW_MS,
  recordAgeMaxMs: OUTCOMES_RECORD_AGE_MAX_MS,
  filters: STREAM_FILTERS,
}
