import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  IdempotentParameterMismatchException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type CancellationReason,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import type { Fault } from '../faults.ts'
import { Later, type Call } from '../request.ts'
import type { Random } from '../random.ts'
import { latest, type Accepted, type Row, type SimulatedTable, type Wanted } from './table.ts'
import type { Attributes } from './expression.ts'

export type ServiceState = {
  readonly table: SimulatedTable
  /** Of transactions, for ten minutes: what was asked under a token, and whether it is done. */
  readonly tokens: Map<string, { readonly asked: string; readonly until: number; done: boolean }>
  transactions: number
}

/** Who sends: one host process, or a test. */
export type Sender = {
  readonly now: () => number
  readonly call: <T>(asked: Call<T>) => Promise<T>
  /** Told of each accepted write, in their order. */
  readonly accepted: (writes: readonly Accepted[], transaction: number | undefined) => void
  /** Told of the same writes once the sender hears that they were accepted. */
  readonly heard: (writes: readonly Accepted[]) => void
  /** Told of a write whose fence is an older one than its row's: its sender was overtaken. */
  readonly fencedOff: () => void
}

type Way = { readonly fault: Fault | undefined; readonly random: Random }

/** "The token is valid for 10 minutes after the first request that uses it is completed." */
const TOKEN_MS = 10 * 60_000
/** A table's index usually shows a write within this. */
const INDEX_LAG_MS = 40
/** Between looking at a transaction's conditions and applying it. */
const HELD_MS = 4

/** A client of a simulated table: what the library's store sends, it takes, and answers or fails as the real one does. */
export function simulatedClient(service: ServiceState, sender: Sender): DynamoDBClient {
  const send = (command: unknown): Promise<unknown> => sender.call(requestOf(service, sender, command))
  return { send } as unknown as DynamoDBClient
}

function requestOf(service: ServiceState, asker: Sender, command: unknown): Call<unknown> {
  const { table } = service
  let written: readonly Accepted[] = []
  const accepted: Sender['accepted'] = (writes, transaction) => {
    written = writes
    asker.accepted(writes, transaction)
  }
  const sender = { ...asker, accepted }
  const heard = (): void => asker.heard(written)
  if (command instanceof PutItemCommand || command instanceof UpdateItemCommand) {
    const wanted = command.input as Wanted
    const what = `${wanted.Item === undefined ? 'update' : 'put'} ${nameOf(wanted)}`
    return {
      on: 'write',
      what,
      wanted: [wanted],
      refuse,
      heard,
      arrive: (fault, random) => writeOne(service, sender, wanted, { fault, random }),
    }
  }
  if (command instanceof TransactWriteItemsCommand) {
    const writes = (command.input.TransactItems ?? []).map(
      (each) => (each.Put ?? each.Update ?? each.ConditionCheck ?? {}) as Wanted,
    )
    const what = `transaction ${writes.map(nameOf).join(', ')}`
    const token = command.input.ClientRequestToken
    return {
      on: 'transact',
      what,
      wanted: writes,
      refuse: refuseTransaction,
      heard,
      arrive: (fault, random) => transact(service, sender, { writes, token }, { fault, random }),
    }
  }
  if (command instanceof GetItemCommand) {
    const key = command.input.Key ?? {}
    return {
      on: 'read',
      what: `get ${nameOf({ Key: key })}`,
      refuse,
      arrive: () => ({ Item: table.read(key) }),
    }
  }
  if (command instanceof BatchGetItemCommand) {
    const [name = '', request] = Object.entries(command.input.RequestItems ?? {})[0] ?? []
    const keys = request?.Keys ?? []
    return {
      on: 'batch-read',
      what: `batch get ${keys.length}`,
      refuse,
      arrive: (fault) => batchRead(table, sender, { name, keys }, fault),
    }
  }
  if (command instanceof QueryCommand) {
    const { input } = command
    const what = `query ${input.IndexName ?? 'table'} ${JSON.stringify(Object.values(input.ExpressionAttributeValues ?? {})[0]?.S ?? '')}`
    return {
      on: 'query',
      what,
      refuse,
      arrive: (fault) =>
        table.query(input, sender.now(), fault?.kind === 'short page' ? 1 : Number.POSITIVE_INFINITY),
    }
  }
  throw new Error('the simulated client does not know this command')
}

function writeOne(service: ServiceState, sender: Sender, wanted: Wanted, way: Way): object {
  const { table } = service
  const row = table.rowOf(wanted)
  if (row.heldBy !== undefined) throw refuse('conflict')
  const verdict = table.judge(row, wanted)
  if (verdict?.after === undefined) {
    if (isStale(row, wanted)) sender.fencedOff()
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: BAD_REQUEST,
      Item: latest(row),
    })
  }
  sender.accepted([table.put(row, verdict.after, sender.now(), shownAt(sender, way))], undefined)
  return { Attributes: verdict.after }
}

/** Its conditions are looked at in one moment, it is applied in a later one; meanwhile no other request gets at its items. */
function transact(
  service: ServiceState,
  sender: Sender,
  asked: { writes: readonly Wanted[]; token: string | undefined },
  way: Way,
): object | Later<object> {
  const { table, tokens } = service
  const { writes, token } = asked
  const now = sender.now()
  const text = token === undefined ? '' : JSON.stringify(writes)
  const known = token === undefined ? undefined : tokens.get(token)
  if (known !== undefined && now < known.until) {
    if (known.asked !== text)
      throw new IdempotentParameterMismatchException({ message: 'mismatch', $metadata: BAD_REQUEST })
    if (!known.done)
      throw new TransactionInProgressException({ message: 'in progress', $metadata: BAD_REQUEST })
    return {}
  }
  const rows = writes.map((wanted) => table.rowOf(wanted))
  if (rows.some((row) => row.heldBy !== undefined))
    throw cancelled(
      rows.map((row) => (row.heldBy === undefined ? { Code: 'None' } : { Code: 'TransactionConflict' })),
    )
  const verdicts = writes.map((wanted, index) => table.judge(rows[index] as Row, wanted))
  if (verdicts.some((verdict) => verdict === undefined)) {
    throw cancelled(
      rows.map((row, index) => (verdicts[index] === undefined ? failedAt(row) : { Code: 'None' })),
    )
  }
  const holder = {}
  for (const row of rows) row.heldBy = holder
  const entry = { asked: text, until: now + TOKEN_MS, done: false }
  if (token !== undefined) tokens.set(token, entry)
  const apply = (): object => {
    service.transactions += 1
    for (const row of rows) row.heldBy = undefined
    const shown = shownAt(sender, way)
    const accepted = rows.flatMap((row, index) => {
      const after = verdicts[index]?.after
      return after === undefined ? [] : [table.put(row, after, sender.now(), shown)]
    })
    sender.accepted(accepted, service.transactions)
    entry.done = true
    return {}
  }
  return new Later(way.random.next() * HELD_MS, apply)
}

function batchRead(
  table: SimulatedTable,
  sender: Sender,
  asked: { name: string; keys: readonly Attributes[] },
  fault: Fault | undefined,
): object {
  const { name, keys } = asked
  const left = fault?.kind === 'keys left over' ? keys.slice(Math.ceil(keys.length / 2)) : []
  const at = fault?.kind === 'stale read' ? sender.now() - (fault.ms ?? 0) : undefined
  const items = keys
    .slice(0, keys.length - left.length)
    .map((key) => table.read(key, at))
    .filter((item) => item !== undefined)
  return {
    Responses: { [name]: items },
    UnprocessedKeys: left.length === 0 ? {} : { [name]: { Keys: left } },
  }
}

function shownAt(sender: Sender, { fault, random }: Way): number {
  const lagMs = fault?.kind === 'index lags' ? (fault.ms ?? 0) : random.next() ** 3 * INDEX_LAG_MS
  return sender.now() + lagMs
}

/** The fence is an attribute named `f`, compared by `=` in every write of an owner. */
function isStale(row: Row, { ConditionExpression = '', ExpressionAttributeValues = {} }: Wanted): boolean {
  const asked = /#f = (:\d+)/.exec(ConditionExpression)?.[1]
  const fence = asked === undefined ? undefined : ExpressionAttributeValues[asked]?.N
  return fence !== undefined && Number(fence) < Number(latest(row)?.['f']?.N)
}

const BAD_REQUEST = { httpStatusCode: 400 }

function refuse(fault: 'throttle' | 'conflict' | 'error 500'): Error {
  const message = `simulated: ${fault}`
  switch (fault) {
    case 'throttle':
      return new ProvisionedThroughputExceededException({ message, $metadata: BAD_REQUEST })
    case 'conflict':
      return new TransactionConflictException({ message, $metadata: BAD_REQUEST })
    case 'error 500':
      return new InternalServerError({ message, $metadata: { httpStatusCode: 500 } })
  }
}

function refuseTransaction(fault: 'throttle' | 'conflict' | 'error 500'): Error {
  return fault === 'conflict' ? cancelled([{ Code: 'None' }, { Code: 'TransactionConflict' }]) : refuse(fault)
}

function cancelled(CancellationReasons: CancellationReason[]): Error {
  return new TransactionCanceledException({
    message: 'Transaction cancelled',
    $metadata: BAD_REQUEST,
    CancellationReasons,
  })
}

function failedAt(row: Row): CancellationReason {
  const item = latest(row)
  return { Code: 'ConditionalCheckFailed', ...(item === undefined ? {} : { Item: item }) }
}

function nameOf(wanted: Wanted): string {
  const key = wanted.Item ?? wanted.Key
  return `${key?.['pk']?.S}/${key?.['sk']?.S}`
}
