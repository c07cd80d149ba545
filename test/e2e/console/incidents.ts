import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { writeFile } from 'node:fs/promises'
import { vi } from 'vitest'
import type { ProcessView } from '../../../lib/client/processes.ts'
import { startMessage } from '../../../lib/queue/messages.ts'
import { approval, fickle, hostile, invoice, payment, poison, stubborn } from './fixtures/processes.ts'
import type { ConsoleStack } from './stack.ts'

// What goes wrong, brought about for real.

const MARKUP = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>'
export const FAILED = 60

type Reached = (view: ProcessView) => boolean

async function until({ client }: ConsoleStack, id: string, reached: Reached): Promise<ProcessView> {
  const look = async (): Promise<ProcessView> => {
    const view = await client.get(id, { include: 'lease' })
    if (view === undefined || !reached(view)) throw new Error(`${id} is ${JSON.stringify(view)}`)
    return view
  }
  return vi.waitFor(look, { timeout: 60_000, interval: 100 })
}

/** Brings each incident about, and returns once the table shows all of them. */
export async function bringAbout(console: ConsoleStack): Promise<void> {
  const { client } = console
  // First, and alone: it takes its worker down.
  await client.start(poison, {}, { id: 'poison-1', limits: { maxStalls: 1 } })
  await until(console, 'poison-1', ({ status }) => status === 'failed')
  const limit = { key: 'account-7', limit: 1 }
  const waits: Reached = ({ status, wait }) => status === 'waiting' && wait !== undefined
  await client.start(approval, {}, { id: 'holder-1', concurrency: limit })
  await until(console, 'holder-1', waits)
  await Promise.all([
    client.start(approval, { note: 'x' }, { id: 'order-7', scope: 'team-a' }),
    client.start(approval, {}, { id: 'queued-1', concurrency: limit }),
    client.start(fickle, {}, { id: 'fickle-1' }),
    client.start(payment, {}, { id: 'payment-1' }),
    client.start(hostile, { html: MARKUP, large: MARKUP.repeat(4_000) }, { id: 'hostile-1' }),
    client.startMany(
      invoice,
      Array.from({ length: FAILED }, (_, n) => ({ id: `invoice-${n}`, input: { n } })),
    ),
  ])
  await Promise.all([
    ...['order-7', 'queued-1', 'fickle-1', 'payment-1'].map((id) => until(console, id, waits)),
    until(console, 'hostile-1', ({ status }) => status === 'failed'),
    until(console, `invoice-${FAILED - 1}`, ({ status }) => status === 'failed'),
  ])
  await writeFile(console.badDeploy, '')
  await client.signal('fickle-1', { name: 'go', key: '1' })
  // Its name is near the one that is waited for.
  await client.signal('order-7', { name: 'aproved', key: '1' })
  await until(console, 'fickle-1', ({ status }) => status === 'stuck')
  await until(console, 'order-7', ({ unread }) => unread?.includes('aproved') === true)
}

/** A process in a step that heeds no cancel, after one was asked for. */
export async function ignoredCancel(console: ConsoleStack, ms: number): Promise<void> {
  await console.client.start(stubborn, { ms }, { id: 'stubborn-1' })
  await until(console, 'stubborn-1', ({ lease }) => lease?.step !== undefined)
  await console.client.cancel('stubborn-1', 'wrong archive')
}

/** A process whose worker was killed in a step, and that another worker has taken over. */
export async function takenOver(console: ConsoleStack): Promise<void> {
  await console.client.start(stubborn, { ms: 400 }, { id: 'taken-1' })
  await until(console, 'taken-1', ({ status }) => status === 'running')
  for (const pid of console.stack.workerPids()) killIfThere(pid)
  await until(console, 'taken-1', ({ status }) => status === 'completed')
}

/**
 * Two dead letters: one that a worker refuses, and one as a worker left it before its kind was deployed. Returns once SQS
 * counts both.
 */
export async function deadLetters({ stack }: ConsoleStack): Promise<void> {
  const { sqs } = stack.clients
  const start = { id: 'invoice-late', kind: 'invoice', input: { n: -1 } }
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: 'no JSON' }))
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.deadLetterUrl,
      MessageBody: startMessage(start),
      MessageAttributes: {
        code: { DataType: 'String', StringValue: 'unknown_kind' },
        reason: { DataType: 'String', StringValue: 'no kind invoice is deployed' },
      },
    }),
  )
  const counted = async (): Promise<void> => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: stack.deadLetterUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    )
    if (Attributes['ApproximateNumberOfMessages'] !== '2') throw new Error(JSON.stringify(Attributes))
  }
  await vi.waitFor(counted, { timeout: 60_000, interval: 200 })
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
