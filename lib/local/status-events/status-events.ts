import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { ENTRIES } from '../../bundle/options.ts'
import { STATUS_EVENTS_SHAPE } from '../../status-events/shape.ts'
import { functionCredentials } from '../credentials.ts'
import type { Emulators } from '../emulators.ts'
import type { OnLocalEvent } from '../events.ts'
import { LocalFunction, type HandlerEntry } from '../function.ts'
import { startLocalBus, type LocalBusOptions } from './bus.ts'
import { startStreamSource } from './stream-source.ts'

export type LocalStatusEventsOptions = {
  readonly name: string
  readonly region: string
  readonly emulators: Pick<Emulators, 'clients' | 'dynamoEndpoint' | 'sqsEndpoint'>
  readonly onEvent: OnLocalEvent
  /** Default: this package's own. */
  readonly entry?: HandlerEntry
  /** What goes wrong with the bus. For tests. */
  readonly busFault?: LocalBusOptions['fault']
}

export type LocalStatusEvents = {
  /** Where events are put. */
  readonly eventsEndpoint: string
  /** Records that no event could be made of. */
  readonly deadLetterUrl: string
  /** Resolves once all changes so far are published. */
  caughtUp(): Promise<void>
  /** Kills the function where it is. */
  stop(): Promise<void>
}

/**
 * The status-event function behind the table's stream, in a process of its own that is started with the first record, and a
 * bus that hands every event to `onEvent` as `outcome`.
 */
export async function startLocalStatusEvents(options: LocalStatusEventsOptions): Promise<LocalStatusEvents> {
  const { name, region, emulators, onEvent, entry, busFault } = options
  const { dynamo, sqs } = emulators.clients
  const bus = await startLocalBus({
    onEvent: (event) => onEvent({ type: 'outcome', event }),
    ...(busFault === undefined ? {} : { fault: busFault }),
  })
  const queue = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-status-events-dead-letter` }))
  const deadLetterUrl = new URL(new URL(queue.QueueUrl ?? '').pathname, emulators.sqsEndpoint).href
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: name }))
  const statusEvents = new LocalFunction({
    label: 'status-events',
    functionName: `${name}-status-events`,
    entry: entry ?? ENTRIES.statusEvents,
    timeoutMs: STATUS_EVENTS_SHAPE.timeoutMs,
    memoryMb: STATUS_EVENTS_SHAPE.memoryMb,
    region,
    env: {
      LEASEHOLD_TABLE: name,
      LEASEHOLD_EVENT_BUS: 'default',
      LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: deadLetterUrl,
      LEASEHOLD_DYNAMODB_ENDPOINT: emulators.dynamoEndpoint,
      LEASEHOLD_SQS_ENDPOINT: emulators.sqsEndpoint,
      LEASEHOLD_EVENTS_ENDPOINT: bus.endpoint,
    },
    maxEnvironments: 1,
    onEvent,
  })
  const streams = new DynamoDBStreamsClient({
    endpoint: emulators.dynamoEndpoint,
    region,
    // Lambda reads a stream with the function's own role.
    credentials: functionCredentials('status-events'),
  })
  const source = startStreamSource({
    streams,
    streamArn: Table?.LatestStreamArn ?? '',
    region,
    shape: STATUS_EVENTS_SHAPE,
    invoke: (event) => statusEvents.invoke(event),
    onEvent,
  })
  return {
    eventsEndpoint: bus.endpoint,
    deadLetterUrl,
    caughtUp: () => source.caughtUp(),
    async stop() {
      await Promise.all([source.stop(), statusEvents.stop()])
      streams.destroy()
      await bus.stop()
    },
  }
}
