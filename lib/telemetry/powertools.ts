import { Logger } from '@aws-lambda-powertools/logger'
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import { errorFacts } from './error-facts.ts'
import type { CountName, DurationName } from './metrics.ts'
import type { Facts, Telemetry } from './port.ts'

/** Telemetry of a Lambda function: it is told where an invocation begins and ends. */
export interface LambdaTelemetry extends Telemetry {
  /** Before anything runs: log lines carry the invocation's request id from here on. */
  begin(context: Context): void
  /** At the handler's end, also when it fails: counts that are held are written out. Safe to repeat. */
  flush(): void
}

/**
 * Structured logs and metrics on Powertools for AWS Lambda: a JSON line a fact, and one embedded-metrics line for all
 * counts of an invocation, in namespace `Leasehold` with dimension `service`. Neither makes a network call.
 *
 * Processes of one batch run at once and share this object. Facts ride with the call that brings them and are never
 * appended to the logger, where they would stick to the lines of its neighbours.
 *
 * Counts of an invocation that dies before `flush` are lost; the lines are not. `POWERTOOLS_LOG_LEVEL=DEBUG` shows
 * every count as a line of its own, with its facts: they are no dimensions, which would cost a metric for each value.
 */
export function powertoolsTelemetry({ service }: { service: string }): LambdaTelemetry {
  const logger = new Logger({ serviceName: service })
  const metrics = new Metrics({ namespace: 'Leasehold', serviceName: service })
  return {
    begin: (context) => logger.addContext(context),
    flush() {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
    },
    count(metric: CountName, by = 1, facts?: Facts) {
      metrics.addMetric(metric, MetricUnit.Count, by)
      logger.debug(metric, { by, facts })
    },
    measure(metric: DurationName, ms: number, facts?: Facts) {
      metrics.addMetric(metric, MetricUnit.Milliseconds, ms)
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
