import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs'
import { timesText } from '../model/count-text.ts'
import { SQS_BATCH_MAX } from '../model/limits.ts'
import { readMessage } from '../queue/messages.ts'
import type { QueueAccess } from './queues.ts'

// Dead letters as an operator handles them. SQS shows a message only to the one that receives it, so each look hides them
// from others for a while, and gives them back at its end.

export type DeadLetterView = {
  readonly messageId: string
  /** Why it is here: the code of a worker's refusal, or `max_receives` for one that SQS moved after too many deliveries. */
  readonly code: string
  readonly reason: string
  /** Of the process, if the message names one. */
  readonly id?: string
  readonly type: 'start' | 'look' | 'unreadable'
  /** Epoch ms. */
  readonly sentAt: number
  readonly body: string
}
export type Received = DeadLetterView & {
  readonly receipt: string
  /** The queue that it goes back to. */
  readonly source: string
}

/** How long a look hides them: an operator has to answer a question meanwhile. */
const HIDDEN_S = 300
/** A short wait asks all servers of the queue; without it SQS may leave some out. */
const WAIT_S = 1

/** Receives up to so many, each once. `more`: there may be others. The caller gives them back. */
async function receive(
  { client, deadLetters, work, urgent }: QueueAccess,
  limit: number,
): Promise<{ readonly letters: readonly Received[]; readonly more: boolean }> {
  const letters = new Map<string, Received>()
  while (letters.size < limit) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetters,
        MaxNumberOfMessages: Math.min(SQS_BATCH_MAX, limit - letters.size),
        VisibilityTimeout: HIDDEN_S,
        WaitTimeSeconds: WAIT_S,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) return { letters: [...letters.values()], more: false }
    for (const message of Messages) {
      const letter = readLetter(message, { work, urgent, deadLetters })
      letters.set(letter.messageId, letter)
    }
  }
  return { letters: [...letters.values()], more: true }
}

/** Receives dead letters for a look, and gives back those that the look does not `keep`. */
export async function look<Value>(
  queues: () => Promise<QueueAccess>,
  limit: number,
  see: (
    access: QueueAccess,
    found: Awaited<ReturnType<typeof receive>>,
    keep: (letter: Received) => void,
  ) => Promise<Value>,
): Promise<Value> {
  const access = await queues()
  try {
    const found = await receive(access, limit)
    const kept = new Set<Received>()
    try {
      return await see(access, found, (letter) => void kept.add(letter))
    } finally {
      await giveBack(
        access,
        found.letters.filter((letter) => !kept.has(letter)),
      )
    }
  } finally {
    access.client.destroy()
  }
}

/** An error of SQS by its code, and whether the caller lacks a right. */
export function sqsFailure(error: unknown): { readonly code: string; readonly ofRights: boolean } {
  const code = String((error as { readonly name?: unknown } | undefined)?.name)
  return { code, ofRights: /Denied|Token|Signature|Credential/u.test(code) }
}

/** Lets others see them again at once. */
async function giveBack(
  { client, deadLetters }: QueueAccess,
  letters: readonly Pick<Received, 'receipt'>[],
): Promise<void> {
  for (let start = 0; start < letters.length; start += SQS_BATCH_MAX) {
    const Entries = letters
      .slice(start, start + SQS_BATCH_MAX)
      .map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt, VisibilityTimeout: 0 }))
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: deadLetters, Entries }))
  }
}

/**
 * Sends a dead letter to its queue, and then deletes it. NO MESSAGE IS LOST: if the program dies between the two, the message is
 * there twice, and a repeated message changes nothing.
 */
export async function redrive(access: QueueAccess, letter: Received): Promise<void> {
  await access.client.send(new SendMessageCommand({ QueueUrl: letter.source, MessageBody: letter.body }))
  await remove(access, letter)
}

export async function remove({ client, deadLetters }: QueueAccess, { receipt }: Received): Promise<void> {
  await client.send(new DeleteMessageCommand({ QueueUrl: deadLetters, ReceiptHandle: receipt }))
}

/** What a message says of itself. Exported for tests. */
export function readLetter(
  { MessageId = '', Body = '', ReceiptHandle = '', Attributes = {}, MessageAttributes = {} }: Message,
  queues: Pick<QueueAccess, 'work' | 'urgent' | 'deadLetters'>,
): Received {
  const said = (name: string) => MessageAttributes[name]?.StringValue
  const named = namedIn(Body)
  const receives = Number(Attributes.ApproximateReceiveCount ?? 0)
  return {
    messageId: MessageId,
    code: said('code') ?? 'max_receives',
    reason: said('reason') ?? `no worker served it; received ${timesText(receives)}, this look included`,
    ...(named.id === undefined ? {} : { id: named.id }),
    type: named.type,
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    body: Body,
    receipt: ReceiptHandle,
    source: sourceOf(Attributes.DeadLetterQueueSourceArn, named.urgent, queues),
  }
}

type Named = Pick<DeadLetterView, 'id' | 'type'> & { readonly urgent: boolean }

function namedIn(body: string): Named {
  try {
    const message = readMessage(body)
    const urgent = message.type === 'start' && message.urgent === true
    return { id: message.id, type: message.type, urgent }
  } catch {
    // That no code can read it is why it is here.
    return { type: 'unreadable', urgent: false }
  }
}

/** SQS names the queue that it moved a message from. One that a worker put here goes to the queue of its kind. */
function sourceOf(
  arn: string | undefined,
  urgent: boolean,
  queues: Pick<QueueAccess, 'work' | 'urgent' | 'deadLetters'>,
): string {
  if (arn === undefined) return urgent ? queues.urgent : queues.work
  const name = arn.slice(arn.lastIndexOf(':') + 1)
  return `${queues.deadLetters.slice(0, queues.deadLetters.lastIndexOf('/') + 1)}${name}`
}
