import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { paginateScan } from '@aws-sdk/client-dynamodb'
import { ListQueuesCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runExample, workerEntry } from '../../examples/import/main.ts'
import type { LocalEvent } from '../../lib/local/events.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import type { LogEntry } from '../../lib/model/log.ts'
import type { ProcessRecord } from '../../lib/model/record.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'

/** Half of the example's own file, which takes a minute: DynamoDB Local takes some 3,000 rows a second on two busy cores. */
const ROWS = 50_000
/** The worker is killed once so many chunks are recorded, each time the worker that runs it then. */
const KILL_AFTER_CHUNKS = [5, 20, 40]

let folder = ''
let stack: LocalStack
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-kill-'))
  stack = await startLocalStack({
    name: 'import-kill',
    workerEntry,
    dynamoEndpoint: inject('dynamoEndpoint'),
    timings: { functionTimeoutMs: 300_000, visibilityTimeoutMs: 600_000 },
    onEvent: watchSweep,
  })
})
afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true })
})

function hardRows(): string {
  const cell = (row: number): string => (row % 7 === 0 ? `"ünï ""${row}""\r\n日本, ${row}"` : `plain ${row}`)
  return `\uFEFFid,text\n${Array.from({ length: ROWS }, (_, index) => `${index + 1},${cell(index + 1)}\n`).join('')}`
}

test(
  'kill -9 of the worker, again and again, and every row is imported exactly once',
  { timeout: 300_000 },
  async () => {
    const file = join(folder, 'rows.csv')
    await writeFile(file, hardRows())
    const out = new PassThrough({ encoding: 'utf8' })
    let printed = ''
    const importing = Promise.withResolvers<ProcessId>()
    out.on('data', (text: string) => {
      printed += text
      const id = / as (import-[0-9a-f]+)$/m.exec(printed)?.[1]
      if (id !== undefined) importing.resolve(parseProcessId(id))
    })
    const running = runExample(stack, { file, values: {}, out })
    const id = await Promise.race([importing.promise, running.then(() => Promise.reject(new Error(printed)))])

    const listed = await stack.clients.sqs.send(new ListQueuesCommand({}))
    const names = (listed.QueueUrls ?? []).map((url) => url.slice(url.lastIndexOf('/') + 1))
    const queueUrls = names.map((name) => new URL(name, stack.queueUrl).href)
    expect(queueUrls).toContain(stack.queueUrl)
    for (const [kills, chunks] of KILL_AFTER_CHUNKS.entries()) {
      await until(id, (log) => chunksIn(log) >= chunks)
      const pids = stack.workerPids()
      expect(pids.length).toBeGreaterThan(0)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      const killedAt = Date.now()
      // Whatever was in flight is in the table by now or never will be: the dead write nothing more.
      await pause(50)
      const before = await logOf(id)
      const overAt = await leaseOverAt(id)
      // The message of the dead worker would come again after its lease: without it, the sweep has to find the process.
      for (const QueueUrl of queueUrls) await stack.clients.sqs.send(new PurgeQueueCommand({ QueueUrl }))
      const log = await until(id, (now) => chunksIn(now) > chunksIn(before))
      const takeover = log.filter((entry) => entry.type === 'takeover')[kills]
      expect(takeover, `takeover after kill ${kills + 1}`).toBeDefined()
      const next = log.slice(before.length).find((entry) => entry.type === 'effect')
      report(
        `kill ${kills + 1} after ${chunksIn(before)} chunks: the next was recorded ${next!.at - killedAt} ms later`,
      )
      report(
        `  the lease was over after ${overAt - killedAt} ms, the take-over came ${takeover!.at - overAt} ms after that`,
      )
      // Never before the lease has expired; and the first pass of the sweep after that sends one, if none in progress did.
      expect(takeover!.at).toBeGreaterThanOrEqual(overAt)
      expect(await sentBy(overAt)).toBeGreaterThan(0)
    }

    expect(await running, printed).toBe(0)
    expect(printed).toContain('every row is there exactly once')
    const log = await logOf(id)
    const steps = log.flatMap((entry) => (entry.type === 'effect' ? [entry.name] : []))
    expect(steps).toEqual([
      'open',
      ...Array.from({ length: ROWS / 1_000 }, (_, index) => `rows-${index * 1_000 + 1}`),
    ])
    expect(log.filter((entry) => entry.type === 'takeover').map((entry) => entry.fence)).toEqual([2, 3, 4])
    expect(log.filter((entry) => entry.type === 'end')).toHaveLength(1)
    expect(await countedIn(id.replace('import-', 'leasehold-import-'))).toBe(ROWS)
  },
)

/** Passes of the sweep in order, with the wake-ups that each says it sent. */
const passes: { readonly startedAt: number; readonly endedAt: number; readonly sent: number }[] = []
let sent = 0

function watchSweep(event: LocalEvent): void {
  if (!('function' in event) || event.function !== 'sweep') return
  if (event.type === 'log') sent += Number(/"SweepWakeups":(\d+)/.exec(event.line)?.[1] ?? 0)
  if (event.type !== 'invoked') return
  passes.push({ startedAt: Date.now() - event.tookMs, endedAt: Date.now(), sent })
  sent = 0
}

/** Wake-ups sent by the first pass that began after `at`, and by those that were in progress then. */
async function sentBy(at: number): Promise<number> {
  while (!passes.some((pass) => pass.startedAt > at)) await pause(50)
  const first = passes.findIndex((pass) => pass.startedAt > at)
  const looked = passes.slice(0, first + 1).filter((pass) => pass.endedAt > at)
  return looked.reduce((sum, pass) => sum + pass.sent, 0)
}

function registry(): DynamoProcessRegistry {
  const { tableName, clients } = stack
  return new DynamoProcessRegistry({
    client: clients.dynamo,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
}

async function logOf(id: ProcessId): Promise<readonly LogEntry[]> {
  const log: LogEntry[] = []
  for (;;) {
    const page = await registry().eventsAfter(id, log.length)
    if (page.length === 0) return log
    log.push(...page)
  }
}

/** The log as soon as it is so. The record's own counter says when there is more to read. */
async function until(
  id: ProcessId,
  holds: (log: readonly LogEntry[]) => boolean,
): Promise<readonly LogEntry[]> {
  for (let seen = -1; ;) {
    const record = await registry().get(id)
    if (record !== undefined && record.seq !== seen) {
      seen = record.seq
      const log = await logOf(id)
      if (holds(log)) return log
      if ('endedAt' in record) throw new Error(`it ended first: ${JSON.stringify(record)}`)
    }
    await pause(50)
  }
}

function chunksIn(log: readonly LogEntry[]): number {
  return log.filter((entry) => entry.type === 'effect' && entry.name.startsWith('rows-')).length
}

/** When the lease that stands now has ended: the later of what the claim and the last renewal granted. */
async function leaseOverAt(id: ProcessId): Promise<number> {
  const record = (await registry().get(id)) as ProcessRecord
  if (record.status !== 'running') throw new Error(`${id} is ${record.status}`)
  const { kind, status, fence, dueAt } = record
  const renewed = await registry().leasedUntil([{ id, kind, status, fence, dueAt, wakeupScheduled: false }])
  return Math.max(record.grant.until, renewed.get(id) ?? 0)
}

async function countedIn(table: string): Promise<number> {
  const scan = { TableName: table, Select: 'COUNT', ConsistentRead: true } as const
  let count = 0
  for await (const page of paginateScan({ client: stack.clients.dynamo }, scan)) count += page.Count ?? 0
  return count
}

function report(line: string): void {
  process.stdout.write(`${line}\n`)
}
