import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { afterAll, expect, test } from 'vitest'
import { ALARMS } from '../../bench/cost-page.ts'
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
      ...['Worker', 'Sweep', 'Api', 'Outcomes'].flatMap((name) => [`${name}Errors`, `${name}Throttles`]),
      'DeadLetters',
      'OutcomeDeadLetters',
      'UndeliveredStarts',
      'Stuck',
      'AttemptsExhausted',
      'QueueAge',
      'SweepNotRunning',
      'OldestDue',
      'IteratorAge',
      'AuditBreach',
      'ApiServerErrors',
    ].toSorted(),
  )
  // That of undelivered starts comes with the first trigger.
  expect(alarms.size - 1).toBe(ALARMS)
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
  expect(alarms.get('QueueAge')).toMatchObject({
    Threshold: 900,
    MetricName: 'ApproximateAgeOfOldestMessage',
  })
})

test('whoever is to be told is told of the alarm and of its end', () => {
  const topic = [{ 'Fn::ImportValue': expect.stringMatching(/^Beside:.*OnCall/u) }]
  for (const facts of alarms.values()) expect(facts).toMatchObject({ AlarmActions: topic, OKActions: topic })
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

test('metrics of the library that alarms and dashboard name are counted by the function they are asked of', () => {
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
