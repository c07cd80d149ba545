import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { localClients } from '../lib/local/emulators.ts'
import { ensureQueues, ensureTable } from '../lib/local/resources.ts'
import { queueShape } from '../lib/queue/shape.ts'
import { openMetered, type Emulated } from './metered.ts'
import { sendAll, WORKERS } from './through-stack.ts'

/** Requests of one process, as the product sent them, with its id in them wherever it stands. */
export type Recording = {
  readonly id: string
  readonly requests: readonly RecordedRequest[]
  readonly message: string
}
export type RecordedRequest = { readonly command: string; readonly input: object }

/** The settings of a raw client. */
export type RawOrder = Emulated & {
  readonly tableName: string
  readonly queueUrl: string
  readonly recording: Recording
}

const REGION = 'us-east-1'

/** Runs one process through the real worker and keeps the requests that it sent to DynamoDB. */
export async function recordProcess(emulated: Emulated): Promise<Recording> {
  const id = 'record-0000000'
  const metered = await openMetered(emulated)
  try {
    const requests: RecordedRequest[] = []
    metered.onRequest((command, input) => requests.push({ command, input }))
    const [message = ''] = await metered.send([id])
    await metered.serve('worker-1')
    if ((await metered.statusOf(id)) !== 'completed')
      throw new Error('the process to record did not complete')
    return { id, requests, message }
  } finally {
    metered.close()
  }
}

export type Raw = {
  /** Sends the same requests, in as many processes and as many at once as the stack does. Answers how long that took. */
  drive(ids: readonly string[]): Promise<number>
  stop(): Promise<void>
}

/**
 * The emulators' own limit: clients that do nothing but send the recorded requests. They receive batches of ten, send
 * the requests of each message's process one after another and those of the ten at once, and delete the batch.
 */
export async function startRaw(emulated: Emulated, recording: Recording): Promise<Raw> {
  const { dynamoEndpoint, sqsEndpoint } = emulated
  const clients = localClients({ region: REGION, dynamoEndpoint, sqsEndpoint })
  const name = 'bench-raw'
  const [{ queueUrl }] = await Promise.all([
    ensureQueues(clients.sqs, { name, endpoint: sqsEndpoint }, queueShape()),
    ensureTable(clients.dynamo, name),
  ])
  const order: RawOrder = { dynamoEndpoint, sqsEndpoint, tableName: name, queueUrl, recording }
  const children = await Promise.all(Array.from({ length: WORKERS }, () => startClient(order)))
  return {
    async drive(ids) {
      const startedAt = performance.now()
      const done = untilServed(children, ids.length)
      const bodies = ids.map((id) => recording.message.replaceAll(recording.id, id))
      await Promise.all([done, sendAll(clients.sqs, queueUrl, bodies)])
      return performance.now() - startedAt
    },
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          const gone = once(child, 'exit')
          child.kill('SIGKILL')
          await gone
        }),
      )
      clients.dynamo.destroy()
      clients.sqs.destroy()
    },
  }
}

async function startClient(order: RawOrder): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./raw-client.ts', import.meta.url)))
  child.send(order)
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('a raw client ended'))),
  ])
  return child
}

function untilServed(children: readonly ChildProcess[], wanted: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let served = 0
  const count = (message: unknown): void => {
    served += Number(message)
    if (served >= wanted) resolve()
  }
  const ended = (): void => reject(new Error('a raw client ended'))
  for (const child of children) child.on('message', count).once('exit', ended)
  return promise.finally(() => {
    for (const child of children) child.off('message', count).off('exit', ended)
  })
}
