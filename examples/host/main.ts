import { CreateTableCommand, DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ProcessClient } from '../../lib/client/client.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { isEnded } from '../../lib/model/record.ts'
import { createTableInput } from '../../lib/registry/table.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { freshId, type ExampleRun, type ExampleStack } from '../local-client.ts'
import { dynamoOf } from './dynamo.ts'
import { PAGES, report } from './report.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

const HOST = fileURLToPath(new URL('host.ts', import.meta.url))
const REPORTS = 3
const PAGE_MS = 500
const LOOK_EVERY_MS = 100

/**
 * Three hosts, one after the other, on a table without a queue: the first is stopped in order, the second is killed, and
 * the third finishes what both have left. Answers 0 where each page of each report is recorded once.
 */
export async function runExample(stack: ExampleStack, { out }: ExampleRun): Promise<number> {
  const say = (line: string): void => void out.write(`${line}\n`)
  // A table of its own: the stack's worker, which has a queue, leaves these processes alone.
  const tableName = freshId('hosts')
  const dynamo = dynamoOf(stack.dynamoEndpoint)
  const { StreamSpecification: _stream, ...table } = createTableInput(tableName)
  await dynamo.send(new CreateTableCommand(table))
  const registry = new DynamoProcessRegistry({
    client: dynamo,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const client = new ProcessClient({ registry, doorbell: NO_DOORBELL, clock: SYSTEM_CLOCK })
  const env = {
    ...process.env,
    LEASEHOLD_TABLE: tableName,
    LEASEHOLD_DYNAMODB_ENDPOINT: stack.dynamoEndpoint,
  }
  const hosts: ChildProcess[] = []
  const host = (name: string): ChildProcess => {
    const child = spawn(process.execPath, [HOST], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    hosts.push(child)
    say(`${name} host: pid ${child.pid}`)
    return child
  }
  const ids = Array.from({ length: REPORTS }, (_, nth) => parseProcessId(`report-${nth + 1}`))
  const pages = async (): Promise<number> => {
    const logs = await Promise.all(ids.map((id) => registry.eventsAfter(id, 0)))
    return logs.flat().filter(({ type }) => type === 'effect').length
  }
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await pause(LOOK_EVERY_MS)
  }
  try {
    for (const id of ids) await client.start(report, { pageMs: PAGE_MS }, { id })
    const first = host('first')
    await until(async () => (await pages()) >= REPORTS)
    first.kill('SIGTERM')
    await once(first, 'exit')
    say(`first host: stopped with code ${first.exitCode}, ${await pages()} pages are recorded`)
    const left = await pages()
    const second = host('second')
    await until(async () => (await pages()) >= left + REPORTS)
    second.kill('SIGKILL')
    await once(second, 'exit')
    say(`second host: killed, ${await pages()} pages are recorded`)
    host('third')
    await until(async () => (await Promise.all(ids.map((id) => registry.get(id)))).every(hasEnded))
    const records = await Promise.all(ids.map((id) => registry.get(id)))
    const completed = records.filter((record) => record?.status === 'completed').length
    say(`${completed} of ${REPORTS} reports are done, ${await pages()} pages are recorded`)
    return first.exitCode === 0 && completed === REPORTS && (await pages()) === REPORTS * PAGES ? 0 : 1
  } finally {
    for (const child of hosts) child.kill('SIGKILL')
    await dynamo.send(new DeleteTableCommand({ TableName: tableName }))
    dynamo.destroy()
  }
}

function hasEnded(record: Awaited<ReturnType<DynamoProcessRegistry['get']>>): boolean {
  return record !== undefined && isEnded(record)
}
