import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { StoreUnavailable } from '../model/errors.ts'
import { SQS_BATCH_MAX } from '../model/limits.ts'
import type { Delivery, Hiding, Redelivery } from './delivery.ts'

/** What SQS says of a message that it delivers, as far as it is read here. Hosts of tests may leave out the rest. */
export type SqsRecord = {
  readonly messageId: string
  readonly body: string
  readonly attributes?: { readonly SentTimestamp?: string; readonly ApproximateReceiveCount?: string }
  readonly receiptHandle?: string
  readonly eventSourceARN?: string
}

/** A delivery as a worker takes it from any queue. */
export function toDelivery({ messageId: id, body, attributes }: SqsRecord): Delivery {
  const [attempt, firstSentAt] = [attributes?.ApproximateReceiveCount, attributes?.SentTimestamp].map(Number)
  return {
    id,
    body,
    ...(Number.isFinite(attempt) && { attempt }),
    ...(Number.isFinite(firstSentAt) && { firstSentAt }),
  }
}

/** Hides messages by their visibility timeouts. */
export class SqsRedelivery {
  readonly #maxAttempts: number
  readonly #client: SQSClient
  readonly #queueUrls: readonly string[]

  constructor(ports: { client: SQSClient; queueUrls: readonly string[]; maxAttempts: number }) {
    this.#maxAttempts = ports.maxAttempts
    this.#client = ports.client
    this.#queueUrls = ports.queueUrls
  }

  /** The port for the messages of one batch. */
  of(records: readonly SqsRecord[]): Redelivery {
    const byId = new Map(records.map((record) => [record.messageId, record]))
    return {
      maxAttempts: this.#maxAttempts,
      hide: async (hidings) => {
        const refused: string[] = []
        for (const [queueUrl, all] of Map.groupBy(hidings, ({ id }) => this.#urlOf(byId.get(id)))) {
          // A message of no queue that this worker knows is left to its queue.
          if (queueUrl === undefined) continue
          for (let from = 0; from < all.length; from += SQS_BATCH_MAX)
            refused.push(...(await this.#hide(queueUrl, all.slice(from, from + SQS_BATCH_MAX), byId)))
        }
        return refused
      },
    }
  }

  #urlOf({ eventSourceARN = '', receiptHandle }: Partial<SqsRecord> = {}): string | undefined {
    const name = eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1)
    if (receiptHandle === undefined) return undefined
    return this.#queueUrls.find((url) => url.slice(url.lastIndexOf('/') + 1) === name)
  }

  async #hide(
    queueUrl: string,
    hidings: readonly Hiding[],
    byId: ReadonlyMap<string, SqsRecord>,
  ): Promise<readonly string[]> {
    const Entries = hidings.map(({ id, forMs }, index) => ({
      Id: String(index),
      ReceiptHandle: byId.get(id)?.receiptHandle,
      VisibilityTimeout: Math.ceil(forMs / 1_000),
    }))
    const { Failed = [] } = await this.#client.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }),
    )
    const failure = Failed.find(({ SenderFault }) => SenderFault !== true)
    if (failure !== undefined) {
      const reason = failure.Code ?? 'unknown'
      throw new StoreUnavailable({ operation: 'ChangeMessageVisibilityBatch', tries: 1, reason }, failure)
    }
    return Failed.flatMap(({ Id }) => hidings[Number(Id)]?.id ?? [])
  }
}
