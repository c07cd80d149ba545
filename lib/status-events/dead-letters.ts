import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { utf8Bytes } from '../model/json.ts'
import { ERROR_MESSAGE_MAX_BYTES, MESSAGE_MAX_BYTES } from '../model/limits.ts'
import { cutText } from '../model/log.ts'
import { attributesBeside } from '../queue/sqs.ts'

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
    const { code, key } = record
    const body = bodyOf(record)
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: body,
        MessageAttributes: attributesBeside(body, { code, key }),
      }),
    )
  }
}

/**
 * Whatever is in an item, SQS takes it: a record that could not be put here would hold up the stream behind it. An event of
 * characters that JSON writes as six bytes each can be larger than a message; without it the key still says where to look.
 */
function bodyOf({ event, ...record }: DeadRecord): string {
  const body = escaped(JSON.stringify({ ...record, event }))
  return utf8Bytes(body) <= MESSAGE_MAX_BYTES
    ? body
    : escaped(JSON.stringify({ ...record, reason: cutText(record.reason, ERROR_MESSAGE_MAX_BYTES) }))
}

/** Of the characters that SQS may refuse in a body, JSON leaves those at the end of a plane, and beyond the first, as they are. */
function escaped(json: string): string {
  return json.replaceAll(/[\uD800-\uDFFF\uFFFE\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)
}
