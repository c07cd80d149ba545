import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { BadCsv } from './csv/bad-csv.ts'
import { CsvFile } from './csv/csv-file.ts'
import { rowTableInput } from './csv/row-table.ts'
import { IMPORT_CSV } from './import-csv.ts'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import { isEnded, type Output } from '../../lib/model/record.ts'
import { lookMessage, startMessage } from '../../lib/queue/messages.ts'
import { connect } from '../local-client.ts'
import { follow } from './follow.ts'
import { DEFAULT_ROWS, makeCsv, wholeNumber } from './make-csv.ts'
import { showProgress, shown, type Out } from './progress.ts'
import { sameTally, shownSum, tallyOfFile, tallyOfTable } from './verify.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Rows of one step: a hundred steps for the made file, so that there is a middle to kill a worker in. */
const CHUNK_ROWS = 1_000
const TABLE_WAIT_SECONDS = 60
const SEED = 1

/** What the example uses of the running stack. */
export type ExampleStack = {
  readonly dynamoEndpoint: string
  readonly sqsEndpoint: string
  readonly tableName: string
  readonly queueUrl: string
  workerPids(): readonly number[]
}

export type ExampleRun = {
  /** Default: a made file of `values.rows` rows. */
  readonly file?: string
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly out: Out
}

/**
 * Imports a CSV file into a table of its own as a durable process, shows it as it goes, and then counts what is in the
 * table against the file. Answers the exit code: 0 where every row is there exactly once, else 1 with what is wrong.
 * The process's id comes from the file's path and content, so a second call continues the import that it finds.
 */
export async function runExample(stack: ExampleStack, { file, values, out }: ExampleRun): Promise<number> {
  const say = (line: string): void => void out.write(`${line}\n`)
  const clients = connect(stack)
  try {
    const path = await realpath(file ?? (await sampleFile(values['rows'], say))).catch(() => file ?? '')
    return await importFile({ stack, clients, out, say }, path)
  } catch (error) {
    if (!(error instanceof BadCsv || error instanceof RangeError)) throw error
    say(`import failed: ${error.message}`)
    return 1
  } finally {
    clients.dynamo.destroy()
    clients.sqs.destroy()
  }
}

type Parts = {
  readonly stack: ExampleStack
  readonly clients: Clients
  readonly out: Out
  readonly say: (line: string) => void
}
type Clients = ReturnType<typeof connect>

async function importFile(parts: Parts, path: string): Promise<number> {
  const { stack, clients, out, say } = parts
  const bytes = await sizeOf(path)
  const key = await keyOf(path)
  const table = `leasehold-import-${key}`
  await ensureTable(clients.dynamo, table)
  const id = await start(parts, { key, path, table })
  const progress = showProgress(out, bytes)
  const followed = await follow(clients.registry, { id, pids: () => stack.workerPids() }, progress).finally(
    () => progress.stop(),
  )
  if (followed.kind === 'stuck') {
    say(`import stuck: ${followed.reason}`)
    return 1
  }
  if (followed.output.outcome !== 'success') {
    say(`import failed: ${whyNot(followed.output)}`)
    return 1
  }
  if (followed.takeovers > 0) say(`completed by worker number ${followed.takeovers + 1}`)
  return check(parts, { path, table })
}

/** The last word is the table's, not the process's own. */
async function check(
  { clients, say }: Parts,
  { path, table }: { path: string; table: string },
): Promise<number> {
  await using file = await CsvFile.open(path)
  const { columns } = await file.header()
  const [wanted, found] = await Promise.all([
    tallyOfFile(path),
    tallyOfTable(clients.dynamo, { table, columns }),
  ])
  say(`file:  ${shown(wanted.rows)} rows, checksum ${shownSum(wanted)}`)
  say(`table: ${shown(found.rows)} rows, checksum ${shownSum(found)}  (counted in ${table})`)
  if (sameTally(wanted, found)) {
    say('every row is there exactly once')
    return 0
  }
  say('the table does not hold what the file holds')
  return 1
}

/** Sends the start message, or a wake-up where the import is there already; one that failed is tried again under a new id. */
async function start(
  parts: Parts,
  import_: { key: string; path: string; table: string },
): Promise<ProcessId> {
  const { clients, say } = parts
  for (let attempt = 1, retryOf: ProcessId | undefined; ; attempt += 1) {
    const id = parseProcessId(`import-${import_.key}${attempt === 1 ? '' : `.${attempt}`}`)
    const record = await clients.registry.get(id)
    if (record !== undefined && isEnded(record) && record.status !== 'completed') {
      say(`${id} ended ${record.status} earlier`)
      retryOf = id
      continue
    }
    if (record === undefined) {
      const { path, table } = import_
      const provenance = { source: 'examples/import', ...(retryOf === undefined ? {} : { retryOf }) }
      const input = { path, table, chunkRows: CHUNK_ROWS }
      say(`importing ${path} as ${id}`)
      await send(parts, startMessage({ id, kind: IMPORT_CSV, input, provenance }))
    } else if (record.status === 'completed') {
      say(`${id} is completed already: nothing is imported again`)
    } else {
      say(`${id} exists already (${record.status}): it continues where it was`)
      await send(parts, lookMessage(id))
    }
    return id
  }
}

async function send({ clients, stack }: Parts, body: string): Promise<void> {
  await clients.sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: body }))
}

function whyNot(output: Exclude<Output, { outcome: 'success' }>): string {
  switch (output.outcome) {
    case 'failure':
      return `${output.error.message} [${output.error.code}]`
    case 'cancelled':
      return `it was cancelled: ${output.reason}`
    case 'abandoned':
      return `it was abandoned: ${output.evidence.because}`
  }
}

async function ensureTable(dynamo: DynamoDBClient, table: string): Promise<void> {
  try {
    await dynamo.send(new CreateTableCommand(rowTableInput(table)))
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
  }
  await waitUntilTableExists({ client: dynamo, maxWaitTime: TABLE_WAIT_SECONDS }, { TableName: table })
}

async function sizeOf(path: string): Promise<number> {
  await using file = await CsvFile.open(path)
  return file.bytes
}

/** Names the import of this file as it is now. */
async function keyOf(path: string): Promise<string> {
  const hash = createHash('sha256').update(path).update('\0')
  for await (const block of createReadStream(path)) hash.update(block as Buffer)
  return hash.digest('hex').slice(0, 16)
}

/** The made file, from an earlier run where there is one. */
async function sampleFile(
  rowsAsked: string | boolean | undefined,
  say: (line: string) => void,
): Promise<string> {
  const rows = typeof rowsAsked === 'string' ? wholeNumber(rowsAsked, 'rows') : DEFAULT_ROWS
  const path = join(tmpdir(), 'leasehold-example', `orders-${rows}-${SEED}.csv`)
  if (existsSync(path)) return path
  say(`making ${path} with ${shown(rows)} rows`)
  return makeCsv(path, { rows, seed: SEED })
}
