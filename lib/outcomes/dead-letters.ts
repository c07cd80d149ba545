import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** A record that no event can be made of, or an event that the bus will never take: what an operator needs to look it up. */
export type DeadRecord = {
  /** `P#order-7/PROCESS` */
  readonly key: string
  readonly sequenceNumber: string
  readonly eventName: string
  readonly code: string
  readonly reason: string
  /** The event, where there is one. It holds no more than the bus would have been told. */
  readonly event?: unknown
}

export interface DeadRecords {
  put(record: DeadRecord): Promise<void>
}

/** A queue of its own: what lies in it is no message of ours and cannot be redriven to the work queue. */
export class SqsDeadRecords implements DeadRecords {
  readonly #client: SQSClient
  readonly #queueUrl: string

  constructor({ client, queueUrl }: { client: SQSClient; queueUrl: string }) {
    this.#client = client
    this.#queueUrl = queueUrl
  }

  async put(record: DeadRecord): Promise<void> {
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue })
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: JSON.stringify(record),
        MessageAttributes: { code: attribute(record.code), key: attribute(record.key) },
      }),
    )
  }
}
