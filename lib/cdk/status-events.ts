import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { STATUS_EVENTS_SHAPE } from '../status-events/shape.ts'
import type { QueueShape } from '../queue/shape.ts'
import { excuse } from './acknowledged.ts'
import { HandlerFile } from './functions.ts'
import { grantTo } from './granting.ts'
import type { Settings } from './props.ts'
import { physicalName } from './physical-name.ts'
import { deadLetterProps } from './queues.ts'
import type { ProcessTable } from './table.ts'

export type StatusEventsProps = {
  readonly entry: string
  readonly shape: QueueShape
  readonly table: ProcessTable
  readonly settings: Settings
}

/** Tells an event bus of each change of status that the table's stream shows, in order for each process. */
export class StatusEvents extends Construct {
  readonly handler: HandlerFile
  readonly bus: IEventBus
  /** Records of which no event can be made, and batches that were too old: no messages for the work queue. */
  readonly deadLetter: Queue

  constructor(scope: Construct, id: string, { entry, shape, table, settings }: StatusEventsProps) {
    super(scope, id)
    this.bus = settings.eventBus ?? ownBus(this)
    this.deadLetter = new Queue(this, 'DeadLetter', deadLetterProps(shape))
    excuse(
      this.deadLetter,
      'AwsSolutions-SQS3',
      'It is a dead-letter queue itself: of a stream, not of a queue.',
    )
    this.handler = new HandlerFile(this, 'Handler', {
      name: 'statusEvents',
      entry,
      description: 'Leasehold: tells the event bus what became of processes',
      timeoutMs: STATUS_EVENTS_SHAPE.timeoutMs,
      memoryMb: STATUS_EVENTS_SHAPE.memoryMb,
      environment: {
        LEASEHOLD_TABLE: table.table.tableName,
        // By its ARN: the name alone would mean a bus of this account, whatever account the bus is in.
        LEASEHOLD_EVENT_BUS: this.bus.eventBusArn,
        LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: this.deadLetter.queueUrl,
      },
      settings,
    })
    table.grantStatusEvents(this.handler.role)
    this.#grantTell()
    this.#listen(table)
  }

  #grantTell(): void {
    const grantee = this.handler.role
    const [bus, letters] = [this.bus.eventBusArn, this.deadLetter.queueArn]
    grantTo(this, { grantee, actions: ['events:PutEvents'], resourceArns: [bus] })
    grantTo(this, { grantee, actions: ['sqs:SendMessage'], resourceArns: [letters] })
    excuse(
      this.handler,
      'AwsSolutions-IAM5[Resource::*]',
      'dynamodb:ListStreams and xray:Put* take no resource.',
    )
  }

  #listen(table: ProcessTable): void {
    this.handler.function.addEventSourceMapping('Stream', {
      eventSourceArn: table.table.tableStreamArn,
      // Writes before the mapping existed are published too: the stream has the last day.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: STATUS_EVENTS_SHAPE.batchSize,
      maxBatchingWindow: Duration.millis(STATUS_EVENTS_SHAPE.windowMs),
      reportBatchItemFailures: true,
      // A batch that kills its function is halved until the one record that does it stands alone.
      bisectBatchOnError: true,
      // Without a bound on tries: one is given up by its age alone.
      retryAttempts: -1,
      maxRecordAge: Duration.millis(STATUS_EVENTS_SHAPE.recordAgeMaxMs),
      filters: STATUS_EVENTS_SHAPE.filters.map((pattern) => FilterCriteria.filter(pattern)),
      onFailure: { bind: () => ({ destination: this.deadLetter.queueArn }) },
    })
  }
}

/** Listeners keep the events, not the bus: a bus of the construct goes with its stack. */
function ownBus(scope: Construct): EventBus {
  const bus = new EventBus(scope, 'Bus', {
    eventBusName: physicalName(scope, 'status-events'),
    description: 'Leasehold: what became of processes',
  })
  bus.applyRemovalPolicy(RemovalPolicy.DESTROY)
  return bus
}
