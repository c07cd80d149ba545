import {
  GetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  type GetItemCommandOutput,
  type QueryCommandOutput,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb'
import {
  batchReadUnits,
  readUnits,
  refusedUnits,
  totalUnits,
  transactionUnits,
  writeUnits,
  type BilledTable,
  type Item,
} from './capacity.ts'

export type Call = { readonly command: string; readonly input: object }

export type Price = { readonly kind: 'write' | 'transaction' | 'read' | 'free'; readonly units: number }

/** The inputs of the pricing beside the request: the tables' shapes, and a client that is not counted. */
export type Sides = {
  readonly tables: Readonly<Record<string, BilledTable>>
  readonly client: DynamoDBClient
}

/** Called once the request was answered; a refused one did not take place. */
type PriceAfter = (how: 'applied' | 'refused', output: unknown) => Promise<Price>

/** Looks at what a request is about to touch. Throws on a request whose price it does not know. */
export async function priceOf(call: Call, sides: Sides): Promise<PriceAfter> {
  switch (call.command) {
    case 'PutItemCommand':
    case 'UpdateItemCommand':
    case 'DeleteItemCommand':
      return priceOfWrite(call.input as WriteInput, sides)
    case 'TransactWriteItemsCommand':
      return priceOfTransaction(call.input as TransactWriteItemsCommandInput, sides)
    case 'GetItemCommand':
      return readPrice(call, (output: GetItemCommandOutput) =>
        readUnits(output.Item === undefined ? [] : [output.Item], consistencyOf(call.input)),
      )
    case 'QueryCommand':
      return readPrice(call, (output: QueryCommandOutput) =>
        readUnits(output.Items ?? [], consistencyOf(call.input)),
      )
    case 'BatchGetItemCommand':
      return readPrice(call, (output: BatchGetItemCommandOutput) =>
        batchPrice(call.input as BatchGetItemCommandInput, output),
      )
    case 'CreateTableCommand':
    case 'DescribeTableCommand':
    case 'UpdateTimeToLiveCommand':
      return () => Promise.resolve({ kind: 'free', units: 0 })
    default:
      throw new Error(`the meter has no price for ${call.command}`)
  }
}

type WriteInput = { readonly TableName: string | undefined; readonly Key?: Item; readonly Item?: Item }

async function priceOfWrite(input: WriteInput, sides: Sides): Promise<PriceAfter> {
  const { shape, key, put } = target(input, sides)
  const before = await imageOf(sides, input.TableName, key)
  return async (how) => {
    if (how === 'refused') return { kind: 'write', units: refusedUnits(before, put) }
    const after = await imageOf(sides, input.TableName, key)
    return { kind: 'write', units: totalUnits(writeUnits(shape, { before, after })) }
  }
}

async function priceOfTransaction(input: TransactWriteItemsCommandInput, sides: Sides): Promise<PriceAfter> {
  const parts = (input.TransactItems ?? []).map((part) => ({ part, write: writeOf(part) }))
  const befores = await Promise.all(
    parts.map(({ write }) => imageOf(sides, write.TableName, target(write, sides).key)),
  )
  return async (how) => {
    const units = parts.map(async ({ part, write }, index) => {
      const { shape, key, put } = target(write, sides)
      const before = befores[index]
      // A check reads what is there and is billed like a write of it.
      if (how === 'refused' || part.ConditionCheck !== undefined)
        return { table: refusedUnits(before, put), indexes: {} }
      return writeUnits(shape, { before, after: await imageOf(sides, write.TableName, key) })
    })
    return { kind: 'transaction', units: transactionUnits(await Promise.all(units)) }
  }
}

function writeOf(part: TransactWriteItem): WriteInput {
  const write = part.Put ?? part.Update ?? part.Delete ?? part.ConditionCheck
  if (write === undefined) throw new Error('a part of a transaction that is no write and no check')
  return write
}

function target(input: WriteInput, sides: Sides): { shape: BilledTable; key: Item; put: Item | undefined } {
  const shape = sides.tables[input.TableName ?? '']
  if (shape === undefined) throw new Error(`the meter does not know the table ${input.TableName}`)
  const from = input.Key ?? input.Item ?? {}
  const names = [shape.partitionKey.name, ...(shape.sortKey === undefined ? [] : [shape.sortKey.name])]
  const key = Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)))
  return { shape, key, put: input.Item }
}

async function imageOf(sides: Sides, table: string | undefined, key: Item): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table, Key: { ...key }, ConsistentRead: true })
  return (await sides.client.send(get)).Item
}

function batchPrice(input: BatchGetItemCommandInput, output: BatchGetItemCommandOutput): number {
  const tables = Object.entries(input.RequestItems ?? {}).map(([table, request]) => {
    const unread = output.UnprocessedKeys?.[table]?.Keys?.length ?? 0
    const keys = (request.Keys?.length ?? 0) - unread
    return batchReadUnits(output.Responses?.[table] ?? [], keys, consistencyOf(request))
  })
  return tables.reduce((sum, each) => sum + each, 0)
}

/** Prices a read by what it answered, so it has to answer with all that it read. */
function readPrice(call: Call, units: (output: never) => number): PriceAfter {
  if ('FilterExpression' in call.input || 'ProjectionExpression' in call.input) {
    throw new Error(`the meter cannot see what a ${call.command} with a filter or a projection reads`)
  }
  return (_, output) => Promise.resolve({ kind: 'read', units: units(output as never) })
}

function consistencyOf(input: { readonly ConsistentRead?: boolean | undefined }): 'strong' | 'eventual' {
  return input.ConsistentRead === true ? 'strong' : 'eventual'
}
