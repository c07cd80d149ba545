import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { localClients } from '../lib/local/emulators.ts'
import { ensureTable } from '../lib/local/resources.ts'
import { openMetered, type Emulated } from './metered.ts'
import { WORKERS } from './through-stack.ts'

/** Requests of one process, as the product sent them, with its id in them wherever it stands. */
export type Recording = {
  readonly id: string
  readonly requests: readonly RecordedRequest[]
}
export type RecordedRequest = { readonly operation: string; readonly input: object }

/** The settings of a raw client. */
export type RawOrder = {
  readonly endpoint: string
  readonly tableName: string
  readonly recording: Recording
}

const REGION = 'us-east-1'

/** Runs one process through the real worker and keeps the requests that it sent to DynamoDB. */
export async function recordProcess(emulated: Emulated): Promise<Recording> {
  const id = 'record-0000000'
  const metered = await openMetered(emulated)
  try {
    const requests: RecordedRequest[] = []
    metered.onRequest((command, input) =>
      requests.push({ operation: command.replace(/Command$/u, ''), input }),
    )
    await metered.send([id])
    await metered.serve('worker-1')
    if ((await metered.statusOf(id)) !== 'completed')
      throw new Error('the process to record did not complete')
    return { id, requests }
  } finally {
    metered.close()
  }
}

export type Raw = {
  readonly pids: readonly number[]
  /** Sends the same requests, in as many processes and as many at once as the stack does. Resolves to how long that took. */
  drive(ids: readonly string[]): Promise<number>
  stop(): Promise<void>
}

/**
 * The store's own limit: clients that send the recorded requests over bare HTTP, those of one process one after another, and those of
 * ten processes at once. They neither sign nor read what comes back, so the store is what they wait for.
 */
export async function startRaw(endpoint: string, recording: Recording): Promise<Raw> {
  const tableName = 'bench-raw'
  const { dynamo } = localClients({ region: REGION, dynamoEndpoint: endpoint, sqsEndpoint: endpoint })
  await ensureTable(dynamo, tableName, { stream: false })
  dynamo.destroy()
  const order: RawOrder = { endpoint, tableName, recording }
  const children = await Promise.all(Array.from({ length: WORKERS }, () => startClient(order)))
  return {
    pids: children.flatMap(({ pid }) => pid ?? []),
    async drive(ids) {
      const startedAt = performance.now()
      await Promise.all(
        children.map((child, nth) =>
          served(
            child,
            ids.filter((_, index) => index % WORKERS === nth),
          ),
        ),
      )
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
    },
  }
}

async function startClient(order: RawOrder): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./raw-client.ts', import.meta.url)))
  await told(child, order)
  return child
}

async function served(child: ChildProcess, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await told(child, ids)
}

/** Sends a message and waits for its answer. */
async function told(child: ChildProcess, message: RawOrder | readonly string[]): Promise<void> {
  const over = new AbortController()
  try {
    const answered = once(child, 'message', { signal: over.signal })
    const ended = once(child, 'exit', { signal: over.signal }).then(() =>
      Promise.reject(new Error('a raw client ended')),
    )
    child.send(message)
    await Promise.race([answered, ended])
  } finally {
    over.abort()
  }
}
