import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Stats,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { metricOf, METRIC_PERIOD, type Tellers } from './metrics.ts'
import type { Api } from './api.ts'
import type { StatusEvents } from './status-events.ts'
import type { Settings } from './props.ts'
import type { WorkQueues } from './queues.ts'
import type { Sweep } from './sweep.ts'
import type { ProcessTable } from './table.ts'

const MINUTE_MS = 60_000
/** Passes of the sweep that may be missing in a row: one is an ordinary hiccup of a service. */
const PASSES_MISSED = 3
/** The stream forgets after a day: at an hour there is time to act. */
const STREAM_AGE_ALARM_MS = 60 * MINUTE_MS
/** Minutes in a row for what comes and goes by itself. */
const MINUTES_IN_A_ROW = 5
/** Failed invocations that are no accident any more. */
const FAILURES = 3
/** Between the end of an invocation and its data point. */
const METRIC_DELAY_MS = 5 * MINUTE_MS

export type AlarmsProps = {
  readonly tellers: Tellers
  readonly queues: WorkQueues
  readonly table: ProcessTable
  readonly sweep: Sweep
  readonly api?: Api
  readonly statusEvents?: StatusEvents
  readonly settings: Settings
}

type AlarmTarget = {
  readonly metric: IMetric
  readonly says: string
  /** It fires at this or above; `below` at less than it. */
  readonly at: number
  readonly below?: true
  readonly periods?: number
}

/** What people have to look at, each with a heading in docs/operations.md. */
export class Alarms extends Construct {
  readonly alarms: Alarm[] = []
  readonly #settings: Settings

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.#settings = props.settings
    this.watchLetters(
      'DeadLetters',
      props.queues.deadLetter,
      'Messages that nothing could be done with wait for people',
    )
    this.#watchProcesses(props)
    this.#watchSweep(props)
    this.#watchTable(props)
    for (const [name, teller] of Object.entries(props.tellers)) this.#watchFunction(name, teller)
    this.#watchParts(props)
  }

  /** A queue in which nothing ought to lie. */
  watchLetters(id: string, queue: Queue, says: string): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(1),
    })
    this.#watch(id, { metric, says, at: 1 })
  }

  #watchProcesses({ tellers, queues }: AlarmsProps): void {
    this.#watch('Stuck', {
      metric: metricOf(tellers, 'Stuck'),
      says: 'The code of a process no longer replays its journal, or a value of it is out of reach; it waits for a fix',
      at: 1,
    })
    this.#watch('AttemptsExhausted', {
      metric: metricOf(tellers, 'AttemptsExhausted'),
      says: 'A process killed its workers without progress and was ended',
      at: 1,
    })
    this.#watch('UnreadableItem', {
      metric: new MathExpression({
        expression: 'FILL(worker, 0) + FILL(sweep, 0)',
        usingMetrics: {
          worker: metricOf(tellers, 'UnreadableItem'),
          sweep: metricOf({ ...tellers, worker: tellers.sweep }, 'UnreadableItem'),
        },
        label: 'UnreadableItem',
        period: METRIC_PERIOD,
      }),
      says: 'An item of a process is damaged or of a newer version, or a large value is out of reach; its process waits',
      at: 1,
    })
    this.#watch('QueueAge', {
      metric: waitInQueues(tellers, queues),
      says: 'Messages wait too long: more come than the workers take',
      at: this.#settings.queueAgeAlarmMs,
      periods: MINUTES_IN_A_ROW,
    })
  }

  #watchTable({ table }: AlarmsProps): void {
    this.#watch('TableThrottles', {
      metric: table.metricThrottles({ period: Duration.minutes(1) }),
      says: 'DynamoDB throttles the table or an index of it',
      at: 1,
      periods: MINUTES_IN_A_ROW,
    })
  }

  #watchSweep({ tellers, sweep }: AlarmsProps): void {
    const period = Duration.millis(Math.max(this.#settings.sweepEveryMs, MINUTE_MS))
    const silence = this.#watch('SweepNotRunning', {
      // Each pass counts what it found due, be it nothing: a pass that is not made counts nothing at all.
      metric: metricOf(tellers, 'SweepDue', { statistic: Stats.SAMPLE_COUNT, period }),
      says: 'No pass of the sweep: timers beyond 15 minutes and the processes of dead workers wait',
      at: 1,
      below: true,
      periods: PASSES_MISSED,
    })
    // A schedule makes its first pass at once: created before it, the alarm would fire for passes that nothing made yet.
    silence.node.addDependency(sweep.schedule)
    this.#watch('OldestDue', {
      metric: metricOf(tellers, 'OldestDue', { period }),
      says: 'A process is due and no worker takes it up',
      at: this.#settings.oldestDueAlarmMs,
      periods: PASSES_MISSED,
    })
  }

  /** The data point of an invocation that timed out lies where it began, so the window reaches back over several of them. */
  #watchFunction(name: string, teller: LambdaFunction): void {
    const id = `${name[0]?.toUpperCase()}${name.slice(1)}`
    const period = Duration.minutes(1)
    const timeoutMs = teller.timeout?.toMilliseconds() ?? 0
    const windowMs = FAILURES * (timeoutMs + METRIC_DELAY_MS)
    this.#watch(`${id}Errors`, {
      metric: teller.metricErrors({ period: Duration.minutes(Math.ceil(windowMs / MINUTE_MS)) }),
      says: `Invocations of the ${name} fail, time out or cannot load their code`,
      at: FAILURES,
    })
    this.#watch(`${id}Throttles`, {
      metric: teller.metricThrottles({ period }),
      says: `Invocations of the ${name} are throttled: the account's concurrency or its own is used up`,
      at: 1,
      periods: PASSES_MISSED,
    })
  }

  #watchParts({ api, statusEvents, tellers }: AlarmsProps): void {
    if (api !== undefined)
      this.#watch('ApiServerErrors', {
        metric: api.stage.metricServerError({ statistic: Stats.SUM, period: Duration.minutes(1) }),
        says: 'Requests to the API fail, and not by their callers',
        at: 1,
        periods: PASSES_MISSED,
      })
    if (statusEvents === undefined) return
    this.#watch('AuditBreach', {
      metric: metricOf(tellers, 'AuditBreach'),
      says: 'A process was written that is neither due nor waits for anything: a bug of the library',
      at: 1,
    })
    this.watchLetters(
      'StatusEventDeadLetters',
      statusEvents.deadLetter,
      'Status events that could not be published wait for people',
    )
    this.#watch('IteratorAge', {
      metric: statusEvents.handler.function.metric('IteratorAge', {
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      says: 'Status events are late; records of the stream are lost after a day',
      at: STREAM_AGE_ALARM_MS,
      periods: MINUTES_IN_A_ROW,
    })
  }

  #watch(id: string, { metric, says, at, below, periods = 1 }: AlarmTarget): Alarm {
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: `${says}. See ${id} in docs/operations.md.`,
      threshold: at,
      evaluationPeriods: periods,
      comparisonOperator:
        below === undefined
          ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
          : ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: below === undefined ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    })
    const { alarmTopic, alarmOkTopic } = this.#settings
    if (alarmTopic !== undefined) alarm.addAlarmAction(new SnsAction(alarmTopic))
    if (alarmOkTopic !== undefined) alarm.addOkAction(new SnsAction(alarmOkTopic))
    this.alarms.push(alarm)
    return alarm
  }
}

/**
 * How long messages wait for a worker, in ms: as workers found it when they took one for the first time; for a queue from
 * which nothing is received, the age of its oldest message. That age alone would also count messages that are hidden: of
 * processes that run, and of workers that died.
 */
function waitInQueues(tellers: Tellers, queues: WorkQueues): IMetric {
  const period = Duration.minutes(1)
  const untaken = (name: string) =>
    `IF(${name}Waiting > 0 AND FILL(${name}Taken, 0) == 0, ${name}Age * 1000, 0)`
  const names = queues.polled.map((queue) => [queue.node.id.toLowerCase(), queue] as const)
  const usingMetrics = Object.fromEntries(
    names.flatMap(([name, queue]) => [
      [`${name}Waiting`, queue.metricApproximateNumberOfMessagesVisible({ period })],
      [`${name}Taken`, queue.metricNumberOfMessagesReceived({ period })],
      [`${name}Age`, queue.metricApproximateAgeOfOldestMessage({ period })],
    ]),
  )
  return new MathExpression({
    label: 'Wait of messages (ms)',
    expression: `MAX([FILL(found, 0), ${names.map(([name]) => untaken(name)).join(', ')}])`,
    usingMetrics: { ...usingMetrics, found: metricOf(tellers, 'QueueAge', { period }) },
    period,
  })
}
