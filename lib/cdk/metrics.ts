import { Duration } from 'aws-cdk-lib'
import { Metric, Stats, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { InvalidConfig } from '../model/errors.ts'
import { suggestion } from '../model/suggestion.ts'
import { METRICS, type MetricName } from '../telemetry/metrics.ts'

/** What the functions write their embedded metrics under. */
const NAMESPACE = 'Leasehold'
export const METRIC_PERIOD = Duration.minutes(5)

/** The functions that tell metrics, by the name the list of metrics has for them. */
export type Tellers = {
  readonly worker: LambdaFunction
  readonly sweep: LambdaFunction
  readonly api?: LambdaFunction
  readonly statusEvents?: LambdaFunction
}

/** A metric of the library, as the function tells it that the list names: a sum of counts, or the longest duration. */
export function metricOf(tellers: Tellers, name: MetricName, options: MetricOptions = {}): Metric {
  if (!Object.hasOwn(METRICS, name))
    refuse(`no such metric: ${name}; ${suggestion(name, Object.keys(METRICS))}`)
  const { from, unit } = METRICS[name]
  const teller = tellers[from]
  if (teller === undefined)
    return refuse(`${name} comes from a function that is not deployed: set ${from} to true`)
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    // Powertools' one dimension. What a kind did is asked of the logs: a dimension would cost a metric for each value.
    dimensionsMap: { service: teller.functionName },
    statistic: unit === 'Count' ? Stats.SUM : Stats.MAXIMUM,
    period: METRIC_PERIOD,
    ...options,
  })
}

function refuse(message: string): never {
  throw new InvalidConfig({ issues: [{ path: 'metric', message }] })
}
