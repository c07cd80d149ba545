import { Duration } from 'aws-cdk-lib'
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  Stats,
  type Alarm,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { MetricName } from '../telemetry/metrics.ts'
import type { Api } from './api.ts'
import { metricOf, type Tellers } from './metrics.ts'
import type { WorkQueues } from './queues.ts'
import type { ProcessTable } from './table.ts'

/** Of the 24 columns of a dashboard: three graphs a row. */
const GRAPH = { width: 8, height: 6 } as const
const FULL_WIDTH = 24

export type DashboardProps = {
  readonly tellers: Tellers
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly api?: Api
  readonly alarms: readonly Alarm[]
}

/** What an operator asks first, from top to bottom: is something wrong, what do processes come to, what waits, who runs. */
export function dashboardOf(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { tellers, queues, table, alarms } = props
  const told = (...names: MetricName[]) => names.map((name) => metricOf(tellers, name))
  const rows: IWidget[][] = [
    [
      graph('Ends', told('Completed', 'Failed', 'Cancelled', 'Abandoned')),
      graph('Runs', told('Claimed', 'TookOver', 'Parked', 'HandedOver')),
      graph(
        'Trouble',
        told(
          ...(['Stuck', 'AttemptsExhausted', 'DiedAlone', 'LeaseLost', 'Rejected', 'RunFailed'] as const),
          ...(['StepRetried', 'SignalPayloadRefused', 'StepRunsLate', 'EndIgnored'] as const),
        ),
      ),
    ],
    [
      graph('From registration to end (ms)', [
        metricOf(tellers, 'EndToEnd', { statistic: 'p50' }),
        metricOf(tellers, 'EndToEnd', { statistic: 'p99' }),
      ]),
      graph(
        'Waiting messages',
        [...queues.polled, queues.deadLetter].map((queue) =>
          queue.metricApproximateNumberOfMessagesVisible(),
        ),
      ),
      graph(
        'Oldest message (s)',
        queues.polled.map((queue) => queue.metricApproximateAgeOfOldestMessage()),
      ),
    ],
    [
      graph('Sweep', told('SweepDue', 'SweepWakeups', 'SweepHeldBack', 'SweepTruncated')),
      graph('Oldest due row (ms)', told('OldestDue')),
      graph('Table: units used', [
        table.table.metricConsumedWriteCapacityUnits({ statistic: Stats.SUM }),
        table.table.metricConsumedReadCapacityUnits({ statistic: Stats.SUM }),
      ]),
    ],
    functions(tellers),
    ...(props.api === undefined ? [] : [requests(props.api)]),
    ...(tellers.statusEvents === undefined
      ? []
      : [
          [
            graph(
              'Status events',
              told(
                'StatusEventPublished',
                'StatusEventDelayed',
                'StatusEventDeadLettered',
                'ExpirySet',
                'AuditBreach',
              ),
            ),
            graph('Age of the stream (ms)', [
              tellers.statusEvents.metric('IteratorAge', { statistic: Stats.MAXIMUM }),
            ]),
          ],
        ]),
  ]
  const dashboard = new Dashboard(scope, id, { defaultInterval: Duration.hours(3) })
  if (alarms.length > 0)
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: FULL_WIDTH, height: 3 }),
    )
  for (const row of rows) dashboard.addWidgets(...row)
  return dashboard
}

function functions(tellers: Tellers): IWidget[] {
  const all = Object.values(tellers)
  return [
    graph(
      'Invocations',
      all.map((teller) => teller.metricInvocations()),
    ),
    graph(
      'Errors and throttles',
      all.flatMap((teller) => [teller.metricErrors(), teller.metricThrottles()]),
    ),
    graph(
      'Duration, p99 (ms)',
      all.map((teller) => teller.metricDuration({ statistic: 'p99' })),
    ),
  ]
}

function requests({ stage }: Api): IWidget[] {
  return [
    graph('Requests', [
      stage.metricCount(),
      stage.metricClientError({ statistic: Stats.SUM }),
      stage.metricServerError({ statistic: Stats.SUM }),
    ]),
    graph('Latency (ms)', [
      stage.metricLatency({ statistic: 'p50' }),
      stage.metricLatency({ statistic: 'p99' }),
    ]),
  ]
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, ...GRAPH })
}
