import { Stack, Token } from 'aws-cdk-lib'
import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import type { Rule } from 'aws-cdk-lib/aws-events'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Schedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { InvalidConfig } from '../model/errors.ts'
import type { Json, JsonCheck, Refused } from '../model/json.ts'
import type { MetricName } from '../telemetry/metrics.ts'
import { queueShape, type QueueShape } from '../queue/shape.ts'
import { excuse } from './acknowledged.ts'
import { Alarms } from './alarms.ts'
import { Api, type ApiRight } from './api.ts'
import { ENTRIES, STATUS_EVENTS_WITH_BUCKET } from './bundling.ts'
import { settingsOf } from './checked-props.ts'
import { dashboardOf } from './dashboard.ts'
import { Worker } from './functions.ts'
import { metricOf, type Tellers } from './metrics.ts'
import { StatusEvents } from './status-events.ts'
import { PayloadBucket } from './payload-bucket.ts'
import type { DurableProcessesProps, Settings } from './props.ts'
import { WorkQueues } from './queues.ts'
import { writeStackOutput } from './stack-output.ts'
import { Sweep } from './sweep.ts'
import { ProcessTable } from './table.ts'
import { Triggers, type EventTrigger, type ScheduleTrigger } from './triggers.ts'

/**
 * Everything that durable processes need, as one construct for a stack of your own. Its functions may touch its table and
 * its queues, and nothing else: what your definitions need you grant to `worker.handler.role`.
 *
 *     const processes = new DurableProcesses(this, 'Processes', { workerEntry: join(import.meta.dirname, 'worker.ts') })
 *     invoices.grantReadWriteData(processes.worker.handler.role)
 *     processes.grantStart(shop)
 *     processes.addSchedule('Nightly', { schedule: ScheduleExpression.cron({ hour: '3', minute: '0' }), kind: 'report' })
 *
 * Throws `InvalidConfig` where props contradict each other or are out of range.
 */
export class DurableProcesses extends Construct {
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly worker: Worker
  readonly sweep: Sweep
  /** Undefined with `api: false`. */
  readonly api: Api | undefined
  /** Undefined with `statusEvents: false`. */
  readonly statusEvents: StatusEvents | undefined
  /** Undefined without `payloadBucket`. */
  readonly payloads: PayloadBucket | undefined
  /** Undefined with `alarms: false`. */
  readonly alarms: Alarms | undefined
  readonly dashboard: Dashboard | undefined
  readonly settings: Settings
  readonly #shape: QueueShape
  #triggers: Triggers | undefined

  constructor(scope: Construct, id: string, props: DurableProcessesProps = {}) {
    super(scope, id)
    const settings = (this.settings = settingsOf(props))
    expectRegion(this, settings)
    const shape = (this.#shape = shapeOf(settings))
    const table = (this.table = new ProcessTable(this, 'Processes', settings))
    const queues = (this.queues = new WorkQueues(this, 'Queues', shape))
    const common = { shape, table, queues, settings }
    const { workerEntry = ENTRIES.worker, sweepEntry = ENTRIES.sweep } = settings
    this.worker = new Worker(this, 'Worker', { entry: workerEntry, ...common })
    this.sweep = new Sweep(this, 'Sweep', { entry: sweepEntry, ...common })
    const ownStatusEvents = settings.payloadBucket ? STATUS_EVENTS_WITH_BUCKET : ENTRIES.statusEvents
    const { apiEntry = ENTRIES.api, statusEventsEntry = ownStatusEvents } = settings
    if (settings.api) this.api = new Api(this, 'Api', { entry: apiEntry, ...common })
    if (settings.statusEvents)
      this.statusEvents = new StatusEvents(this, 'StatusEvents', { entry: statusEventsEntry, ...common })
    if (settings.payloadBucket) this.payloads = this.#payloadBucket(settings)
    const watched = {
      ...common,
      tellers: this.#tellers(),
      sweep: this.sweep,
      ...(this.api === undefined ? {} : { api: this.api }),
      ...(this.statusEvents === undefined ? {} : { statusEvents: this.statusEvents }),
    }
    if (settings.alarms) this.alarms = new Alarms(this, 'Alarms', watched)
    if (settings.dashboard)
      this.dashboard = dashboardOf(this, 'Dashboard', { ...watched, alarms: this.alarms?.alarms ?? [] })
    const others = Stack.of(this)
      .node.findAll()
      .filter((each) => each instanceof DurableProcesses)
    writeStackOutput(this, others.length === 1)
  }

  /** Lets a role start processes by messages to the work queues; what of the API it may call is `grantApi`. */
  grantStart(grantee: IGrantable): void {
    this.queues.grantSend(grantee)
  }

  /** Lets a role ask processes to cancel, by the API. */
  grantCancel(grantee: IGrantable): void {
    this.grantApi(grantee, 'cancel')
  }

  /** Lets a role look at processes, their events and their results, by the API. */
  grantRead(grantee: IGrantable): void {
    this.grantApi(grantee, 'read')
  }

  /** Lets a role send signals and answer callbacks, by the API. */
  grantSignal(grantee: IGrantable): void {
    this.grantApi(grantee, 'signal')
  }

  /** Throws `InvalidConfig` without an API, or where it knows callers by their tokens. */
  grantApi(grantee: IGrantable, right: ApiRight): void {
    if (this.api === undefined) {
      const message = `a right to ${right} is one to call the API: set api to true, or use grantClient`
      throw new InvalidConfig({ issues: [{ path: 'api', message }] })
    }
    this.api.grant(grantee, right)
  }

  /**
   * Lets a role use `processClientOnAws`, straight on table and queues. It may do whatever the API may, and to write items
   * by hand: for services that are trusted as the workers are.
   */
  grantClient(grantee: IGrantable): void {
    this.table.grantClient(grantee)
    this.queues.grantSend(grantee)
    this.payloads?.grantUse(grantee)
  }

  /** Starts a process for each event that matches, once, by an id from the event. */
  addTrigger(id: string, trigger: EventTrigger): Rule {
    return this.#triggersOf().addEvent(id, trigger)
  }

  /** Starts a process at each scheduled time, once, by an id from that time. */
  addSchedule<Input = Json>(
    id: string,
    trigger: ScheduleTrigger<Input> &
      JsonCheck<Input, { readonly input: Refused<'JSON cannot hold this value'> }>,
  ): Schedule {
    return this.#triggersOf().addSchedule<unknown>(id, trigger)
  }

  /** Where starts by rules and schedules go that could not be delivered. Undefined before the first of them. */
  get undelivered(): Triggers['undelivered'] | undefined {
    return this.#triggers?.undelivered
  }

  /** A metric of the library. docs/telemetry.md lists them. */
  metric(name: MetricName, options?: MetricOptions): Metric {
    return metricOf(this.#tellers(), name, options)
  }

  metricCompleted(options?: MetricOptions): Metric {
    return this.metric('Completed', options)
  }

  metricFailed(options?: MetricOptions): Metric {
    return this.metric('Failed', options)
  }

  metricCancelled(options?: MetricOptions): Metric {
    return this.metric('Cancelled', options)
  }

  metricStuck(options?: MetricOptions): Metric {
    return this.metric('Stuck', options)
  }

  metricAttemptsExhausted(options?: MetricOptions): Metric {
    return this.metric('AttemptsExhausted', options)
  }

  metricDeadLetters(options?: MetricOptions): Metric {
    return this.queues.deadLetter.metricApproximateNumberOfMessagesVisible({ statistic: 'max', ...options })
  }

  /** From registration to end, in milliseconds: ask it for a percentile. */
  metricEndToEnd(options?: MetricOptions): Metric {
    return this.metric('EndToEnd', options)
  }

  #triggersOf(): Triggers {
    if (this.#triggers !== undefined) return this.#triggers
    this.#triggers = new Triggers(this, 'Triggers', { queues: this.queues, shape: this.#shape })
    const says = 'Events or schedules could not start their process'
    this.alarms?.watchLetters('UndeliveredStarts', this.#triggers.undelivered, says)
    return this.#triggers
  }

  #payloadBucket(settings: Settings): PayloadBucket {
    const payloads = new PayloadBucket(this, 'Payloads', settings)
    for (const part of [this.worker, this.api, this.statusEvents].filter((each) => each !== undefined)) {
      const { handler } = part
      if (part === this.statusEvents) payloads.grantRelease(handler.role)
      else payloads.grantUse(handler.role)
      excuse(
        handler,
        `AwsSolutions-IAM5[Resource::<${payloads.logicalId}.Arn>/*]`,
        'Objects of the bucket have names that are not known beforehand.',
      )
      handler.function.addEnvironment('LEASEHOLD_BUCKET', payloads.bucket.bucketName)
    }
    return payloads
  }

  #tellers(): Tellers {
    return {
      worker: this.worker.handler.function,
      sweep: this.sweep.handler.function,
      ...(this.api === undefined ? {} : { api: this.api.handler.function }),
      ...(this.statusEvents === undefined ? {} : { statusEvents: this.statusEvents.handler.function }),
    }
  }
}

/** A table with a key of one's own names its Region in the template. */
function expectRegion(scope: Construct, { encryptionKey }: Settings): void {
  if (encryptionKey === undefined || !Token.isUnresolved(Stack.of(scope).region)) return
  const message = 'needs a stack that knows its Region: give the stack env: { region }'
  throw new InvalidConfig({ issues: [{ path: 'encryptionKey', message }] })
}

function shapeOf(settings: Settings): QueueShape {
  const shape = queueShape(settings.workerTimeoutMs)
  return {
    ...shape,
    work: { ...shape.work, maxReceiveCount: settings.maxReceives },
    worker: {
      ...shape.worker,
      memoryMb: settings.workerMemoryMb,
      batchSize: settings.batchSize,
      maxInvocations: settings.maxInvocations,
      concurrency: settings.concurrency,
    },
    sweep: { ...shape.sweep, everyMs: settings.sweepEveryMs },
  }
}
