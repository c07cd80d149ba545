import { setTimeout as pause } from 'node:timers/promises'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { LocalStack } from '../../lib/local/stack.ts'

/** Between two looks into the dead-letter queue. */
const LOOK_EVERY_MS = 1_000

/**
 * Puts back what went to the dead-letter queue, as the operator of a deployment does. A message goes there when so
 * many workers in a row were killed with it in their hands: where nothing but chaos is wrong, that is no verdict on it.
 */
export class Operator {
  /** Messages put back. */
  redriven = 0
  readonly #stack: Pick<LocalStack, 'clients' | 'queueUrl' | 'deadLetterUrl'>
  readonly #stopping = new AbortController()
  #watching: Promise<void> = Promise.resolve()

  constructor(stack: Pick<LocalStack, 'clients' | 'queueUrl' | 'deadLetterUrl'>) {
    this.#stack = stack
  }

  start(): void {
    this.#watching = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      // The emulator may be away: then the next look finds what this one did not.
      await this.#redrive().catch(() => undefined)
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Sent before it is deleted: twice is harmless, and never is not. */
  async #redrive(): Promise<void> {
    const { clients, queueUrl, deadLetterUrl } = this.#stack
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, MaxNumberOfMessages: 10 }),
    )
    for (const { Body, ReceiptHandle } of Messages) {
      await clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body }))
      await clients.sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterUrl, ReceiptHandle }))
      this.redriven += 1
    }
  }
}
