import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { afterAll, expect, test } from 'vitest'
import { ALARMS } from '../../bench/cost-page.ts'
import { TABLE } from '../../lib/registry/table.ts'
import { METRICS } from '../../lib/telemetry/metrics.ts'
import { DeployedShape } from '../helpers/template.ts'

const shape = new DeployedShape({ workerEntry: import.meta.filename }, (scope) => ({
  alarmTopic: new Topic(scope, 'OnCall'),
}))
afterAll(() => shape[Symbol.dispose]())
const { processes } = shape.stack
processes.addTrigger('T', { kind: 'k', eventPattern: { source: ['s'] } })
const alarms = new Map(
  processes.alarms!.alarms.map((alarm) => [alarm.node.id, shape.resource(alarm).Properties] as const),
)

test('each thing that people have to look at has its alarm', () => {
  expect([...alarms.keys()].toSorted()).toEqual(
    [
      ...['Worker', 'Sweep', 'Api', 'StatusEvents'].flatMap((name) => [`${name}Errors`, `${name}Throttles`]),
      'DeadLetters',
      'StatusEventDeadLetters',
      'UndeliveredStarts',
      'Stuck',
      'AttemptsExhausted',
      'UnreadableItem',
      'QueueAge',
      'TableThrottles',
      'SweepNotRunning',
      'OldestDue',
      'IteratorAge',
      'AuditBreach',
      'ApiServerErrors',
    ].toSorted(),
  )
  // That of undelivered starts comes with the first trigger.
  expect(alarms.size - 1).toBe(ALARMS.alarms)
  const metricsIn = (facts: Record<string, unknown>): number =>
    (facts['Metrics'] as { MetricStat?: object }[] | undefined)?.filter((each) => each.MetricStat).length ?? 1
  const all = [...alarms.values()].reduce((sum, facts) => sum + metricsIn(facts), 0)
  expect(all - 1).toBe(ALARMS.metrics)
})

test('silence of the sweep is an alarm, and silence of anything else is none', () => {
  expect(alarms.get('SweepNotRunning')).toMatchObject({
    MetricName: 'SweepDue',
    Statistic: 'SampleCount',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    Period: 60,
    EvaluationPeriods: 3,
    TreatMissingData: 'breaching',
    Dimensions: [{ Name: 'service', Value: { Ref: shape.idOf(processes.sweep.handler.function) } }],
  })
  const others = [...alarms].filter(([name]) => name !== 'SweepNotRunning')
  expect(new Set(others.map(([, facts]) => facts['TreatMissingData']))).toEqual(new Set(['notBreaching']))
})

test('thresholds are those of the props, in the units of the metrics', () => {
  expect(alarms.get('OldestDue')).toMatchObject({
    Threshold: 300_000,
    MetricName: 'OldestDue',
    Statistic: 'Maximum',
  })
  expect(alarms.get('QueueAge')).toMatchObject({ Threshold: 900_000, EvaluationPeriods: 5 })
})

test('QueueAge covers the wait that workers saw and the age of each queue without a reader', () => {
  const metrics = alarms.get('QueueAge')?.['Metrics'] as {
    Expression?: string
    MetricStat?: { Metric: object }
  }[]
  const [expression] = metrics.flatMap(({ Expression }) => Expression ?? [])
  expect(expression).toBe(
    'MAX([FILL(found, 0), IF(workWaiting > 0 AND FILL(workTaken, 0) == 0, workAge * 1000, 0), ' +
      'IF(urgentWaiting > 0 AND FILL(urgentTaken, 0) == 0, urgentAge * 1000, 0), ' +
      'IF(isolationWaiting > 0 AND FILL(isolationTaken, 0) == 0, isolationAge * 1000, 0)])',
  )
  const named = metrics.flatMap(({ MetricStat }) => MetricStat ?? []).map(({ Metric }) => Metric)
  expect(named).toContainEqual(expect.objectContaining({ Namespace: 'Leasehold', MetricName: 'QueueAge' }))
})

test('TableThrottles counts refused requests of the table and of each index', () => {
  const metrics = alarms.get('TableThrottles')?.['Metrics'] as {
    MetricStat?: { Metric: { Dimensions: object[] } }
  }[]
  const places = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.Dimensions.slice(0, -1) ?? [])
  const indexes = places.map((place) => String((place as { Value: unknown }).Value))
  const each = TABLE.indexes.flatMap(({ name }) => [name, name])
  expect(indexes.toSorted()).toEqual(each.toSorted())
})

test.each([
  ['WorkerErrors', 3 * (15 + 5)],
  ['SweepErrors', Math.ceil(3 * (50 / 60 + 5))],
])('%s looks back over three invocations that time out', (name, minutes) => {
  const window = { Period: 60 * minutes, EvaluationPeriods: 1, Threshold: 3 }
  expect(alarms.get(name)).toMatchObject(window)
})

test('the first pass of the sweep is scheduled before the alarm on its silence exists', () => {
  const { DependsOn } = shape.resource(
    processes.alarms!.alarms.find((alarm) => alarm.node.id === 'SweepNotRunning')!,
  ) as { DependsOn?: string[] }
  expect(DependsOn).toContain(shape.idOf(processes.sweep.schedule))
})

test('a topic hears of alarms, and of their ends only if it is given for those', () => {
  const topic = (name: string) => [
    { 'Fn::ImportValue': expect.stringMatching(new RegExp(`^Beside:.*${name}`, 'u')) },
  ]
  for (const facts of alarms.values()) {
    expect(facts).toMatchObject({ AlarmActions: topic('OnCall') })
    expect(facts).not.toHaveProperty('OKActions')
  }
  using both = new DeployedShape({ workerEntry: import.meta.filename }, (scope) => ({
    alarmOkTopic: new Topic(scope, 'Over'),
  }))
  for (const alarm of both.stack.processes.alarms!.alarms)
    expect(both.resource(alarm).Properties).toMatchObject({ OKActions: topic('Over') })
})

test('each alarm has its heading in docs/operations.md, and says so', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const headings = [...page.matchAll(/^### (.+)$/gmu)].flatMap(([, heading = '']) =>
    heading.split(/, | and /u),
  )
  for (const [name, facts] of alarms) {
    expect(facts['AlarmDescription']).toContain(`See ${name} in docs/operations.md`)
    expect(headings).toContain(`\`${name}\``)
  }
})

test('alarms and dashboard read each library metric from the function that counts it', () => {
  const dashboard = JSON.stringify(shape.resource(processes.dashboard!).Properties)
  const named = [...dashboard.matchAll(/"Leasehold\\",\\"(\w+)/gu)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(15)
  expect(named.filter((name) => !(name in METRICS))).toEqual([])
  expect(processes.metricFailed().toMetricConfig().metricStat).toMatchObject({
    namespace: 'Leasehold',
    metricName: 'Failed',
    statistic: 'Sum',
  })
})

type Rule = {
  readonly MetricName?: string
  readonly Statistic?: string
  readonly Period?: number
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Stat: string; readonly Period: number } }[]
  readonly ComparisonOperator: string
  readonly Threshold: number
  readonly EvaluationPeriods: number
}

/** A row of the page: what is measured, how, over how many seconds, and when it fires. */
function rowOf([name, facts]: readonly [string, Record<string, unknown>]): string {
  const { MetricName, Statistic, Period, Metrics = [], ...rule } = facts as Rule
  const stats = Metrics.flatMap(({ MetricStat }) => MetricStat ?? [])
  const measured = MetricName ?? `${stats.length} metrics`
  const how = Statistic ?? [...new Set(stats.map(({ Stat }) => Stat))].toSorted(byText).join(', ')
  const seconds = Period ?? [...new Set(stats.map((each) => each.Period))].join(', ')
  const sign = rule.ComparisonOperator === 'LessThanThreshold' ? 'below' : 'from'
  const rings = `${sign} ${rule.Threshold}, ${rule.EvaluationPeriods} in a row`
  return `| \`${name}\` | ${measured} | ${how} | ${seconds} | ${rings} |`
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

test('docs/operations.md has the metric, statistic, period and threshold of each alarm', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `\w+` \|[^|]+\|[^|]+\| [\d, ]+ \| (?:from|below) [^|]+\|$/gmu)]
  expect(rows.map(([row]) => row)).toEqual([...alarms].map(rowOf).toSorted(byText))
})
