import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type MessageAttributeValue,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import pMap from 'p-map'
import { StoreUnavailable } from '../model/errors.ts'
import { invariant } from '../model/invariant.ts'
import { expectConfig } from '../model/options.ts'
import { utf8Bytes } from '../model/json.ts'
import { SQS_DELAY_MAX_MS, MESSAGE_MAX_BYTES, SQS_BATCH_MAX } from '../model/limits.ts'
import type { Wakeup, Doorbell, QueueName } from './doorbell.ts'
import type { DeadLetter, DeadLetters } from './delivery.ts'
import { lookMessage } from './messages.ts'

/** Batches in flight at once: enough to empty a sweep's page in a second, few enough for one connection pool. */
const BATCHES_AT_ONCE = 8
/** Times the entries that SQS refused are sent again. */
const BATCH_TRIES = 3

/** Where wake-ups are sent. Without a queue of their own, urgent wake-ups and those of suspects go with the others. */
export type WakeupQueues = {
  readonly queueUrl: string
  readonly urgentQueueUrl?: string
  /** The one whose messages are delivered one by one. */
  readonly isolationQueueUrl?: string
}

/** Sends wake-ups by messages on the work queue, on the queue of the urgent ones, or on the one of the suspects. */
export class SqsDoorbell implements Doorbell {
  readonly maxDelayMs = SQS_DELAY_MAX_MS
  readonly queues: readonly QueueName[]
  readonly #client: SQSClient
  readonly #urls: ReadonlyMap<QueueName, string>

  constructor(ports: WakeupQueues & { client: SQSClient }) {
    expectConfig<typeof ports>(ports, {
      client: 'any',
      queueUrl: 'text',
      urgentQueueUrl: 'text',
      isolationQueueUrl: 'text',
    })
    const { client, queueUrl, urgentQueueUrl = queueUrl, isolationQueueUrl = queueUrl } = ports
    this.#client = client
    this.#urls = new Map<QueueName, string>([
      ['isolation', isolationQueueUrl],
      ['urgent', urgentQueueUrl],
      ['work', queueUrl],
    ])
    this.queues = [...this.#urls.keys()].filter(
      (name) => name === 'work' || this.#urls.get(name) !== queueUrl,
    )
  }

  /** Those whose processes waited longest come first: suspects, then the urgent ones. */
  async ring(wakeups: readonly Wakeup[]): Promise<void> {
    for (const queue of this.queues)
      await this.#sendTo(
        queue,
        wakeups.filter((wakeup) => this.#queueOf(wakeup) === queue),
      )
  }

  #queueOf({ urgent, alone }: Wakeup): QueueName {
    if (alone === true && this.queues.includes('isolation')) return 'isolation'
    return urgent === true && this.queues.includes('urgent') ? 'urgent' : 'work'
  }

  #urlOf(queue: QueueName): string {
    const url = this.#urls.get(queue)
    invariant(url !== undefined, 'each queue has its URL', { queue })
    return url
  }

  async #sendTo(queue: QueueName, wakeups: readonly Wakeup[]): Promise<void> {
    const toEntry = entryFor(queue)
    const batches = Array.from({ length: Math.ceil(wakeups.length / SQS_BATCH_MAX) }, (_, index) =>
      wakeups.slice(index * SQS_BATCH_MAX, (index + 1) * SQS_BATCH_MAX),
    )
    await pMap(batches, (batch) => this.#send(this.#urlOf(queue), batch.map(toEntry)), {
      concurrency: BATCHES_AT_ONCE,
    })
  }

  async backlog(queue: QueueName): Promise<number> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#urlOf(queue),
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    )
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
  }

  async #send(queueUrl: string, entries: SendMessageBatchRequestEntry[]): Promise<void> {
    let left = entries
    for (let tries = 1; left.length > 0; tries += 1) {
      const reply = await this.#client.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left }),
      )
      const failed = reply.Failed ?? []
      if (failed.length === 0) return
      const ids = new Set(failed.map((failure) => failure.Id))
      left = left.filter((entry) => ids.has(entry.Id))
      if (tries < BATCH_TRIES) continue
      throw new StoreUnavailable(
        { operation: 'SendMessageBatch', tries, reason: failed[0]?.Code ?? 'unknown' },
        failed[0],
      )
    }
  }
}

/** SQS counts whole seconds. Rounded up, for a timer is never early (C37). */
function entryFor(queue: QueueName): (wakeup: Wakeup, index: number) => SendMessageBatchRequestEntry {
  return (wakeup, index) => ({
    Id: String(index),
    MessageBody: lookMessage(wakeup.id, queue === 'isolation'),
    DelaySeconds: Math.ceil(wakeup.delayMs / 1_000),
    // Kinds and scopes keep to the alphabet and the length that SQS asks of a group.
    ...(wakeup.group === undefined ? {} : { MessageGroupId: wakeup.group }),
  })
}

/**
 * Puts them on the dead-letter queue, with the reason as attributes (strings of at most 1,024 characters). SQS counts these
 * into the size of a message: beside a body that fills one, only those stand that there is room for.
 */
export class SqsDeadLetters implements DeadLetters {
  readonly #client: SQSClient
  readonly #queueUrl: string

  constructor(ports: { client: SQSClient; queueUrl: string }) {
    this.#client = ports.client
    this.#queueUrl = ports.queueUrl
  }

  async put({ body, code, messageId, reason }: DeadLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: body,
        MessageAttributes: attributesBeside(body, { code, messageId, reason }),
      }),
    )
  }
}

/** As many of the attributes, in their order, as fit beside the body. */
export function attributesBeside(
  body: string,
  values: Readonly<Record<string, string>>,
): Record<string, MessageAttributeValue> {
  let room = MESSAGE_MAX_BYTES - utf8Bytes(body)
  const attributes: Record<string, MessageAttributeValue> = {}
  for (const [name, value] of Object.entries(values)) {
    const attribute = { DataType: 'String', StringValue: printable(value) }
    const bytes = utf8Bytes(name) + utf8Bytes(attribute.DataType) + utf8Bytes(attribute.StringValue)
    if (bytes > room) continue
    room -= bytes
    attributes[name] = attribute
  }
  return attributes
}

/** SQS refuses control characters and empty strings in attributes. */
function printable(value: string): string {
  const text = value.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/gu, '?').slice(0, 1_024)
  return text === '' ? '?' : text
}
