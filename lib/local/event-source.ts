import { setTimeout as pause } from 'node:timers/promises'
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { SQS_BATCH_MAX } from '../model/limits.ts'
import { readBatchAnswer, type BatchAnswer } from './batch-answer.ts'
import type { InvocationOutcome } from './environment.ts'
import type { OnLocalEvent } from './events.ts'

// Polls a queue and invokes a function with what it finds, as Lambda's event source mapping does with
// ReportBatchItemFailures. Messages that succeeded are deleted; those that failed stay in flight, so they come back when
// their visibility timeout ends, and the queue moves them to the dead-letter queue after so many receives.

/** Wait before the next receive, after one failed. */
const RETRY_AFTER_MS = 500

export type EventSourceOptions = {
  readonly sqs: SQSClient
  readonly queueUrl: string
  readonly queueArn: string
  readonly region: string
  readonly invoke: (event: SQSEvent) => Promise<InvocationOutcome>
  /** Over 10 needs a window. */
  readonly batchSize: number
  /** How long a batch waits for more messages after its first. */
  readonly windowMs: number
  /** How long one receive waits for a message; at most 20 s. */
  readonly receiveWaitMs: number
  /** Invocations at once. */
  readonly concurrency: number
  readonly onEvent: OnLocalEvent
}

export type EventSource = {
  /** Receives nothing more, and resolves when the invocations in progress have ended. */
  stop(): Promise<void>
}

export function startEventSource(options: EventSourceOptions): EventSource {
  const stopping = new AbortController()
  const [inProgress, settling] = [new Set<Promise<void>>(), new Set<Promise<void>>()]
  const polling = poll(options, stopping.signal, { inProgress, settling })
  return {
    async stop() {
      stopping.abort()
      await polling
      await Promise.all(inProgress)
      await Promise.all(settling)
    },
  }
}

async function poll(
  options: EventSourceOptions,
  signal: AbortSignal,
  { inProgress, settling }: Readonly<Record<'inProgress' | 'settling', Set<Promise<void>>>>,
): Promise<void> {
  while (!signal.aborted) {
    // A message is received only when an environment is free: its visibility timeout runs from here.
    if (inProgress.size >= options.concurrency) {
      await Promise.race(inProgress)
      continue
    }
    try {
      const batch = await collect(options, signal)
      if (batch.length === 0) continue
      // The environment is free once it has answered: the next batch does not wait until this one is deleted.
      const serving = serve(options, batch).then(({ settled }) => {
        const settlement = settled.finally(() => settling.delete(settlement))
        settling.add(settlement)
        inProgress.delete(serving)
      })
      inProgress.add(serving)
    } catch (error) {
      if (signal.aborted) return
      options.onEvent({ type: 'queue-trouble', doing: 'receive', error: messageOf(error) })
      await pause(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** One batch: the first messages there are, and more until it is full or the window ends. */
async function collect(options: EventSourceOptions, signal: AbortSignal): Promise<readonly Message[]> {
  const { batchSize, windowMs, receiveWaitMs } = options
  const batch: Message[] = await receive(options, signal, batchSize, receiveWaitMs)
  if (batch.length === 0 || windowMs === 0) return batch
  const closesAt = Date.now() + windowMs
  for (let open = true; open && batch.length < batchSize;) {
    const leftMs = Math.max(0, closesAt - Date.now())
    // A receive waits for whole seconds only, so the rest of the window is waited for here.
    open = leftMs >= 1_000
    if (!open) await pause(leftMs, undefined, { signal })
    const waitMs = open ? Math.floor(leftMs / 1_000) * 1_000 : 0
    batch.push(...(await receive(options, signal, batchSize - batch.length, waitMs)))
  }
  return batch
}

async function receive(
  { sqs, queueUrl }: EventSourceOptions,
  signal: AbortSignal,
  wanted: number,
  waitMs: number,
): Promise<Message[]> {
  const answer = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(wanted, SQS_BATCH_MAX),
      WaitTimeSeconds: Math.ceil(waitMs / 1000),
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
    { abortSignal: signal },
  )
  return answer.Messages ?? []
}

/** Resolves once the batch is answered, to the deletion of what succeeded. */
async function serve(
  options: EventSourceOptions,
  batch: readonly Message[],
): Promise<{ readonly settled: Promise<void> }> {
  const records = batch.map((message) => recordOf(options, message))
  const answer = answerOf(
    await options.invoke({ Records: records }),
    records.map(({ messageId }) => messageId),
  )
  return { settled: settle(options, records, answer) }
}

async function settle(
  options: EventSourceOptions,
  records: readonly SQSRecord[],
  answer: BatchAnswer,
): Promise<void> {
  const received = records.map(({ messageId }) => messageId)
  const failed = answer.failed === 'all' ? received : answer.failed
  await remove(
    options,
    records.filter(({ messageId }) => !failed.includes(messageId)),
  )
  options.onEvent({
    type: 'batch',
    received,
    failed,
    ...('because' in answer ? { because: answer.because } : {}),
  })
}

function answerOf(outcome: InvocationOutcome, ids: readonly string[]): BatchAnswer {
  return outcome.kind === 'succeeded'
    ? readBatchAnswer(outcome.payload, ids)
    : { failed: 'all', because: `${outcome.error.type}: ${outcome.error.message}` }
}

/** A message that could not be deleted comes again: receivers of SQS must bear that anyway. */
async function remove(
  { sqs, queueUrl, onEvent }: EventSourceOptions,
  records: readonly SQSRecord[],
): Promise<void> {
  for (let from = 0; from < records.length; from += SQS_BATCH_MAX) {
    const some = records.slice(from, from + SQS_BATCH_MAX)
    const entries = some.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }))
    try {
      const { Failed } = await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
      )
      for (const { Message, Code } of Failed ?? [])
        onEvent({ type: 'queue-trouble', doing: 'delete', error: Message ?? Code ?? 'refused' })
    } catch (error) {
      onEvent({ type: 'queue-trouble', doing: 'delete', error: messageOf(error) })
    }
  }
}

/** A received message as a function gets it. */
function recordOf(
  { queueArn, region }: { readonly queueArn: string; readonly region: string },
  message: Message,
): SQSRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    {
      dataType: value.DataType ?? 'String',
      stringListValues: [],
      binaryListValues: [],
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined
        ? {}
        : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
    },
  ])
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
      ...message.Attributes,
    },
    messageAttributes: Object.fromEntries(attributes) as SQSRecord['messageAttributes'],
    md5OfBody: message.MD5OfBody ?? '',
    ...(message.MD5OfMessageAttributes === undefined
      ? {}
      : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
