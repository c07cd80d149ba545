import { Logger } from '@aws-lambda-powertools/logger'
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import type { Clock } from '../model/clock.ts'
import { METRICS_HELD_MS } from '../model/limits-flight.ts'
import { errorFacts } from './error-facts.ts'
import { AT_ONCE, type CountName, type DurationName } from './metrics.ts'
import type { Facts, Telemetry } from './port.ts'

/** Telemetry of a Lambda function: the handler calls it at the begin and the end of an invocation. */
export interface LambdaTelemetry extends Telemetry {
  /** Before anything runs: log lines carry the invocation's request id from here on. */
  begin(context: Context): void
  /** At the handler's end, also when it fails: counts that are held are written out. Safe to repeat. */
  flush(): void
}

export type PowertoolsParts = {
  readonly service: string
  /** For functions whose invocations last long. Without one metrics wait for the end of the invocation. */
  readonly clock?: Clock
}

/**
 * Structured logs and metrics on Powertools for AWS Lambda: a JSON line a fact, and one embedded-metrics line for all
 * counts of an invocation, in namespace `Leasehold` with dimension `service`. Neither makes a network call.
 *
 * Processes of one batch run at once and share this object. Facts ride with the call that brings them and are never
 * appended to the logger, where they would stick to the lines of its neighbours.
 *
 * Metrics that an alarm or the story of a dying worker rests on are written at once. With a clock the others are written after
 * 30 s, so an invocation of 15 minutes does not hold them back; one that dies loses what it counted since, and no lines. The level `DEBUG` shows
 * every count as a line of its own, with its facts: they are no dimensions, which would cost a metric for each value.
 */
export function powertoolsTelemetry({ service, clock }: PowertoolsParts): LambdaTelemetry {
  const logger = new Logger({ serviceName: service })
  const metrics = new Metrics({ namespace: 'Leasehold', serviceName: service })
  let cancelFlush: (() => void) | undefined
  const flush = (): void => {
    cancelFlush?.()
    cancelFlush = undefined
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
  }
  const flushLater = (): void => {
    cancelFlush ??= clock?.after(METRICS_HELD_MS, flush)
  }
  return {
    // Not the whole context: it would more than double each line, and name and memory of the function are known.
    begin: ({ awsRequestId }) => logger.appendPersistentKeys({ function_request_id: awsRequestId }),
    flush,
    count(metric: CountName, by = 1, facts?: Facts) {
      metrics.addMetric(metric, MetricUnit.Count, by)
      if (AT_ONCE.has(metric)) flush()
      else flushLater()
      logger.debug(metric, { by, facts })
    },
    measure(metric: DurationName, ms: number, facts?: Facts) {
      metrics.addMetric(metric, MetricUnit.Milliseconds, ms)
      flushLater()
      logger.debug(metric, { ms, facts })
    },
    info: (message, facts) => logger.info(message, { facts }),
    warn: (message, facts, error) =>
      logger.warn(message, { facts, ...(error !== undefined && { error: errorFacts(error) }) }),
    error: (message, error, facts) => logger.error(message, { error: errorFacts(error), facts }),
  }
}

/** A handler that says which invocation its lines are of, and whose counts are written out at its end, also when it fails. */
export function withTelemetry<E, R>(
  telemetry: LambdaTelemetry,
  handle: (event: E, context: Context) => Promise<R>,
): (event: E, context: Context) => Promise<R> {
  return async (event, context) => {
    telemetry.begin(context)
    try {
      return await handle(event, context)
    } finally {
      telemetry.flush()
    }
  }
}
