import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { build } from 'esbuild'
import { esbuildOptions } from '../../lib/bundle/options.ts'
import type { LocalEvent } from '../../lib/local/events.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { startLocalStack } from '../../lib/local/stack.ts'
import { startStore, type StoreName } from '../../lib/local/store.ts'
import { startMessage } from '../../lib/queue/messages.ts'
import { sendAll, WORKERS } from '../through-stack.ts'
import { THREE_STEPS } from '../three-steps.ts'
import type { Side } from './side.ts'
import { wordIn, Words } from './words.ts'

/** The worker as it is deployed: bundled and minified. */
export async function bundleWorker(folder: string): Promise<string> {
  const entry = join(import.meta.dirname, 'leasehold-worker.ts')
  const { outputFiles } = await build({ ...esbuildOptions(entry), outfile: 'leasehold-worker.mjs' })
  for (const { path, contents } of outputFiles) await writeFile(join(folder, basename(path)), contents)
  return join(folder, 'leasehold-worker.mjs')
}

export type LeaseholdOptions = {
  readonly name: string
  readonly store: StoreName
  readonly workerEntry: string
  /** For marks of bodies that hang. */
  readonly folder: string
  /** Where the store keeps its data. Default: in memory. */
  readonly dataDir?: string
}

/** The local stack with store, SQS emulator, two workers and sweep, each in processes of their own. */
export async function startLeasehold(options: LeaseholdOptions): Promise<Side> {
  const { name, workerEntry, folder, dataDir } = options
  const [store, sqs] = await Promise.all([
    startStore(options.store, dataDir === undefined ? {} : { dataDir }),
    startSqs({ region: 'us-east-1' }),
  ])
  const words = new Words()
  const ends = endsCounter()
  const sweeps = new Set<number>()
  const stack = await startLocalStack({
    name: 'peers',
    dynamoEndpoint: store.endpoint,
    sqsEndpoint: sqs.endpoint,
    workers: WORKERS,
    workerEntry,
    statusEvents: false,
    // As a supervisor does with the worker of the other side.
    replaceKilled: true,
    onEvent(event) {
      ends.heard(event)
      if (event.type === 'environment-started' && event.function === 'sweep') sweeps.add(event.pid)
      const word = event.type === 'log' ? wordIn(event.line, event.pid) : undefined
      if (word !== undefined) words.heard(word)
    },
  })
  const { sqs: client } = stack.clients
  const send = async (kind: string, id: string, input: unknown): Promise<void> => {
    const MessageBody = startMessage({ id, kind, input })
    await client.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody }))
  }
  const sendEach = (kind: string, ids: readonly string[], inputOf: (index: number) => unknown) =>
    sendAll(
      client,
      stack.queueUrl,
      ids.map((id, index) => startMessage({ id, kind, input: inputOf(index) })),
    )
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now()
    await work()
    return performance.now() - startedAt
  }
  /** With one process at a time, the worker's next answer is about it. */
  const oneByOne = (kind: string, id: string, input: unknown) =>
    timed(() => Promise.all([ends.next(), send(kind, id, input)]))
  return {
    name,
    pids: () => ({
      store: [store.pid],
      queue: [sqs.pid],
      workers: stack.workerPids(),
      sweep: [...sweeps],
    }),
    processes: (ids) =>
      timed(() => Promise.all([ends.served(ids.length), sendEach(THREE_STEPS, ids, (order) => ({ order }))])),
    steps: (id, count) => oneByOne('steps', id, { count }),
    startToEnd: (id) => oneByOne('steps', id, { count: 1 }),
    async recovery(id) {
      const [{ pid }] = await Promise.all([
        words.next('running', id),
        send('hangs', id, { file: join(folder, `${name}-${id}`) }),
      ])
      const again = words.next('running', id)
      return timed(() => {
        process.kill(pid, 'SIGKILL')
        return again
      })
    },
    parking: (ids) => timed(() => Promise.all([ends.served(ids.length), sendEach('waits', ids, () => null)])),
    children: (id, count) =>
      timed(() => Promise.all([words.next('done', id), send('parent', id, { count })])),
    async stop() {
      await stack.stop()
      await Promise.all([store.stop(), sqs.stop()])
    },
  }
}

/** Counts messages that are served, and answers of the worker. */
function endsCounter() {
  let [wanted, seen] = [0, 0]
  let serving = Promise.withResolvers<void>()
  let answer = Promise.withResolvers<void>()
  return {
    served(count: number): Promise<void> {
      ;[wanted, seen] = [count, 0]
      serving = Promise.withResolvers<void>()
      return serving.promise
    },
    next(): Promise<void> {
      answer = Promise.withResolvers<void>()
      return answer.promise
    },
    heard(event: LocalEvent): void {
      if (event.type === 'invoked' && event.function === 'worker') answer.resolve()
      if (event.type !== 'batch') return
      seen += event.received.length - event.failed.length
      if (seen >= wanted) serving.resolve()
    },
  }
}
