import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { codeOf } from '../model/failure.ts'
import { expectConfig } from '../model/options.ts'

export const WATCHED_QUEUES = ['work', 'urgent', 'isolation', 'dead-letter'] as const
export type WatchedQueue = (typeof WATCHED_QUEUES)[number]

/** About how many messages a queue has. `error`: why it could not be read. */
export type QueueDepth =
  | {
      readonly queue: WatchedQueue
      /** Those that may be received now. */
      readonly visible: number
      /** Those that a worker has received, and has neither deleted nor given back. */
      readonly inFlight: number
      /** Those that are not to be received yet. */
      readonly delayed: number
    }
  | { readonly queue: WatchedQueue; readonly error: string }

/** How long the queues are. SQS has no age of the oldest message but as a metric of CloudWatch. */
export interface QueueWatch {
  /** Of each queue that there is: one request each. */
  depths(): Promise<readonly QueueDepth[]>
}

export type WatchedUrls = Partial<Readonly<Record<WatchedQueue, string>>>

export class SqsQueueWatch implements QueueWatch {
  readonly #client: SQSClient
  readonly #urls: WatchedUrls

  constructor(ports: { readonly client: SQSClient; readonly urls: WatchedUrls }) {
    expectConfig<typeof ports>(ports, {
      client: 'any',
      urls: { work: 'text', urgent: 'text', isolation: 'text', 'dead-letter': 'text' },
    })
    this.#client = ports.client
    this.#urls = ports.urls
  }

  async depths(): Promise<readonly QueueDepth[]> {
    const watched = WATCHED_QUEUES.flatMap((queue) => {
      const url = this.#urls[queue]
      return url === undefined ? [] : [{ queue, url }]
    })
    return Promise.all(watched.map(({ queue, url }) => this.#depth(queue, url)))
  }

  /** One that cannot be read hides none of the others. */
  async #depth(queue: WatchedQueue, url: string): Promise<QueueDepth> {
    try {
      const { Attributes = {} } = await this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      )
      return {
        queue,
        visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      }
    } catch (error) {
      return { queue, error: codeOf(error) }
    }
  }
}
