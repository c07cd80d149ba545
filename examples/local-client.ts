import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { setTimeout as pause } from 'node:timers/promises'
import { ProcessClient } from '../lib/client/client.ts'
import { parseProcessId } from '../lib/model/ids.ts'
import type { LogEntry } from '../lib/model/log.ts'
import { isEnded, type Output } from '../lib/model/record.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { SqsDoorbell } from '../lib/queue/sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/host/system.ts'

/** Often enough to look alive, and one small read each time. */
const LOOK_EVERY_MS = 100

/** What the examples use of the running stack. */
export type ExampleStack = {
  readonly dynamoEndpoint: string
  readonly sqsEndpoint: string
  readonly tableName: string
  readonly queueUrl: string
}

export type ExampleRun = { readonly out: { write(text: string): unknown } }

export type LocalClient = {
  readonly client: ProcessClient
  /** Tells each entry of a process's log as it comes, and answers its output once it has ended. */
  readonly follow: (id: string, tell: (entry: LogEntry) => Promise<void> | void) => Promise<Output>
  readonly close: () => void
}

/** Clients of the emulators of the stack on this machine, and the registry on its table. */
export function connect(stack: Pick<ExampleStack, 'dynamoEndpoint' | 'sqsEndpoint' | 'tableName'>) {
  const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  const dynamo = new DynamoDBClient({ ...local, endpoint: stack.dynamoEndpoint, maxAttempts: 1 })
  // The emulator's queue URLs may name a host that does not resolve.
  const sqs = new SQSClient({ ...local, endpoint: stack.sqsEndpoint, useQueueUrlAsEndpoint: false })
  const registry = new DynamoProcessRegistry({
    client: dynamo,
    tableName: stack.tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  return { dynamo, sqs, registry }
}

/** A client of the stack on this machine. */
export function openClient(stack: ExampleStack): LocalClient {
  const { dynamo, sqs, registry } = connect(stack)
  const doorbell = new SqsDoorbell({ client: sqs, queueUrl: stack.queueUrl })
  const client = new ProcessClient({ registry, doorbell, clock: SYSTEM_CLOCK })
  return {
    client,
    async follow(id, tell) {
      for (let seen = 0; ;) {
        const record = await client.get(id)
        for (const entry of await registry.eventsAfter(parseProcessId(id), seen)) {
          seen = entry.seq
          await tell(entry)
        }
        if (record !== undefined && isEnded(record) && record.seq <= seen) return registry.outputOf(record)
        await pause(LOOK_EVERY_MS)
      }
    },
    close() {
      dynamo.destroy()
      sqs.destroy()
    },
  }
}

/** An id that no earlier run of the example has used. */
export function freshId(example: string): string {
  return `${example}-${Date.now().toString(36)}`
}

/** An entry of a log in a few words, or nothing where it says little to a reader. */
export function lineOf(entry: LogEntry): string | undefined {
  switch (entry.type) {
    case 'effect':
      if (entry.effect === 'now' || entry.effect === 'emit') return undefined
      return entry.outcome.ok
        ? `${entry.effect} ${entry.name}`
        : `${entry.effect} ${entry.name} failed: ${entry.outcome.error.message}`
    case 'attempt':
      return `step ${entry.name} will be tried again: ${entry.error.message}`
    case 'signal':
      return `signal ${entry.name} arrived`
    case 'cancel':
      return entry.reason === undefined ? 'cancel requested' : `cancel requested: ${entry.reason}`
    case 'takeover':
      return `another worker took over (fence ${entry.fence})`
    case 'end':
      return `the process is ${entry.status}`
    case 'begin':
    case 'child':
    case 'reply':
    case 'resume':
    case 'abandon':
      return undefined
  }
}
