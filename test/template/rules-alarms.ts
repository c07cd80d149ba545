import { METRICS } from '../../lib/telemetry/metrics.ts'
import { at, each, idIn, jsonIn, listOf, objectOf, ofType, textIn, type TemplateRule } from './json.ts'
import { SERVICE_METRICS } from './known.ts'

/** One metric, as an alarm or a widget reads it. */
type MetricJson = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly string[]
}

const DAY_S = 86_400
const WEEK_S = 7 * DAY_S

/** Rules over alarms and the dashboard: CloudWatch takes any name, and a wrong one never fires. */
export const ALARM_RULES = {
  'an alarm reads metrics that exist, under their dimensions': each('AWS::CloudWatch::Alarm', (own) => [
    metricsOf(own).length === 0 && 'reads no metric',
    ...metricsOf(own).map(oddIn),
  ]),
  'an alarm looks back no longer than CloudWatch can': each('AWS::CloudWatch::Alarm', (own) => {
    const periods = periodsOf(own)
    const evaluations = Number(own['EvaluationPeriods'])
    return periods.map((periodS) => {
      if (periodS % 60 !== 0 && ![10, 20, 30].includes(periodS))
        return `a period of ${periodS} s does not exist`
      const longestS = periodS >= 3600 ? WEEK_S : DAY_S
      return periodS * evaluations > longestS && `looks back ${periodS * evaluations} s`
    })
  }),
  'an alarm on errors of a function looks back longer than the function runs': (template) =>
    ofType(template, 'AWS::CloudWatch::Alarm').flatMap(([id, own]) => {
      const [dimension] = listOf(own['Dimensions'])
      if (own['MetricName'] !== 'Errors') return []
      const fn = template.Resources[idIn(objectOf(dimension)['Value']) ?? '']
      const timeoutS = Number(fn?.Properties['Timeout'])
      const windowS = Number(own['Period']) * Number(own['EvaluationPeriods'])
      // The data point of an error carries the time at which its invocation began.
      return windowS >= 3 * timeoutS
        ? []
        : [{ id, says: `looks back ${windowS} s for runs of ${timeoutS} s` }]
    }),
  'an alarm names its page and what missing data mean': each('AWS::CloudWatch::Alarm', (own) => [
    !/docs\/operations\.md/u.test(textIn(own['AlarmDescription'])) && 'names no page',
    !['notBreaching', 'breaching'].includes(String(own['TreatMissingData'])) &&
      'missing data leave it without a state',
    !(Number(own['Threshold']) > 0) && 'fires at 0',
  ]),
  'an expression of an alarm names metrics that it has': each('AWS::CloudWatch::Alarm', (own) => {
    const parts = listOf(own['Metrics']).map(objectOf)
    const ids = new Set(parts.map((part) => String(part['Id'])))
    const returned = parts.filter((part) => part['ReturnData'] !== false)
    return [
      parts.length > 0 && returned.length !== 1 && 'returns more than one value',
      ...parts.flatMap((part) =>
        [...textIn(part['Expression'] ?? '').matchAll(/\b[a-z]\w*\b/gu)].map(
          ([name]) => !ids.has(name) && `reads ${name}, which it does not have`,
        ),
      ),
    ]
  }),
  'the dashboard is JSON, and reads metrics that exist': each('AWS::CloudWatch::Dashboard', (own) => {
    const body = jsonIn(textIn(own['DashboardBody']))
    if (body === undefined) return ['its body is no JSON']
    const widgets = listOf(at(body, 'widgets'))
    return [
      widgets.length === 0 && 'has no widget',
      ...widgets
        .flatMap((widget) => listOf(at(widget, 'properties.metrics')))
        .map((row) => oddIn(rowOf(row))),
    ]
  }),
} as const satisfies { readonly [name: string]: TemplateRule }

function metricsOf(own: object): readonly MetricJson[] {
  const parts = [own, ...listOf(at(own, 'Metrics')).map((part) => at(part, 'MetricStat.Metric'))].map(
    objectOf,
  )
  return parts.flatMap((part) =>
    typeof part['MetricName'] !== 'string'
      ? []
      : [
          {
            namespace: String(part['Namespace']),
            name: part['MetricName'],
            dimensions: listOf(part['Dimensions']).map((one) => String(objectOf(one)['Name'])),
          },
        ],
  )
}

function periodsOf(own: object): readonly number[] {
  const stats = listOf(at(own, 'Metrics')).map((part) => at(part, 'MetricStat.Period'))
  return [at(own, 'Period'), ...stats].filter((period) => period !== undefined).map(Number)
}

/** A row of a widget: namespace, name, then names and values of dimensions in turn. Expressions have no namespace. */
function rowOf(row: unknown): MetricJson | undefined {
  const [namespace, name, ...rest] = listOf(row).filter((part) => typeof part === 'string')
  if (namespace === undefined || name === undefined) return undefined
  return { namespace, name, dimensions: rest.filter((_, index) => index % 2 === 0) }
}

function oddIn(metric: MetricJson | undefined): string | false {
  if (metric === undefined) return false
  const { namespace, name } = metric
  const dimensions = metric.dimensions.toSorted().join(',')
  const known =
    namespace === 'Leasehold'
      ? Object.hasOwn(METRICS, name)
        ? ['service']
        : undefined
      : SERVICE_METRICS[namespace]?.[name]
  if (known === undefined) return `no metric ${name} in ${namespace}`
  return (
    !known.includes(dimensions) &&
    `${namespace} publishes ${name} under ${known.join(' or ')}, not ${dimensions}`
  )
}
