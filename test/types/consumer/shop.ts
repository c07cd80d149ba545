import type { SendMessageCommandOutput } from '@aws-sdk/client-sqs'
import type { GetCommandOutput } from '@aws-sdk/lib-dynamodb'
import { defineProcess, startMessage, type DurableProcessWorker, type Processes } from 'leasehold'
import { apiHandler } from 'leasehold/api'
import { DurableProcesses } from 'leasehold/cdk'
import { HttpProcessClient } from 'leasehold/client'
import { S3Payloads } from 'leasehold/s3'
import { TestKit } from 'leasehold/testing'
import * as v from 'valibot'

// The code of a user: interfaces of an ORM, answers of AWS clients, the public doors and nothing else. The file
// consumer.test.ts compiles this folder as a project of its own, with the declarations of all packages.

/** As an ORM generates it: an interface, fields that may be missing, a readonly list, literals. */
interface OrderRow {
  readonly id: string
  readonly state: 'new' | 'paid' | 'shipped'
  readonly note?: string
  readonly lines: readonly OrderLine[]
  readonly meta: JsonValue
}
interface OrderLine {
  readonly sku: string
  readonly count: number
  readonly price: number | null
}
/** As ORMs declare a JSON column. */
type JsonValue = string | number | boolean | null | JsonObject | JsonArray
interface JsonObject {
  [key: string]: JsonValue | undefined
}
interface JsonArray extends Array<JsonValue> {}

/** A query that is not a promise, and may be awaited. */
interface Query<Row> extends PromiseLike<Row[]> {
  where(field: string, value: string): Query<Row>
}

declare const orders: {
  find(id: string): Promise<OrderRow>
  query(): Query<OrderRow>
  send(order: OrderRow): Promise<SendMessageCommandOutput>
  load(id: string): Promise<GetCommandOutput>
}

export const ship = defineProcess({
  kind: 'ship',
  input: v.object({ orderId: v.string(), gift: v.optional(v.boolean()) }),
  output: v.object({ messageId: v.optional(v.string()) }),
  async run(context, { orderId }) {
    const order: OrderRow = await context.step('find', () => orders.find(orderId))
    const rows: OrderRow[] = await context.step('query', () => orders.query().where('id', orderId))
    const state: OrderRow['state'] = await context.step('state', () => order.state)
    const item: Record<string, unknown> | undefined = await context.step(
      'load',
      async () => (await orders.load(orderId)).Item,
    )
    const body: unknown = await context.step('fetch', async () =>
      (await fetch('https://shop.example')).json(),
    )
    const line: OrderLine | undefined = await context.step('line', () => order.lines[0])
    context.log('found', { order, rows, state })
    await context.emit('found', order)
    await context.emit('lines', order.lines)
    const [sent, count, label] = await context.all([
      () => context.step('send', () => orders.send(order)),
      () => context.step('count', () => order.lines.length),
      async () => context.uuid(),
    ])
    const total: number = count + label.length
    const { bill, parcel } = await context.all({
      bill: () => context.step('bill', () => ({ total })),
      parcel: () => context.step('parcel', () => 'p-1'),
    })
    const both: string = `${bill.total} ${parcel}`
    context.log('shipped', { item, body, line, both })
    return { messageId: sent.MessageId }
  },
})

/** A process that starts itself says what it returns: the compiler would else look for that in its own body. */
export const countDown = defineProcess({
  kind: 'countDown',
  input: v.object({ from: v.number() }),
  output: v.number(),
  async run(context, { from }): Promise<number> {
    if (from === 0) return 0
    const below = await context.run(countDown, { from: from - 1 })
    return below + 1
  },
})

/** What a parent needs of a child is less than its definition. Two that start each other share it. */
const pong = { kind: 'pong', input: v.number(), output: v.array(v.string()) }
export const ping = defineProcess({
  kind: 'ping',
  input: v.number(),
  output: v.array(v.string()),
  async run(context, left) {
    return left === 0 ? [] : ['ping', ...(await context.run(pong, left - 1))]
  },
})
export const pongs = defineProcess({
  ...pong,
  async run(context, left) {
    return left === 0 ? [] : ['pong', ...(await context.run(ping, left - 1))]
  },
})

export async function outside(
  client: Processes,
  order: OrderRow,
  worker: DurableProcessWorker,
): Promise<void> {
  await client.start(ship, { orderId: order.id }, { id: 'ship-1' })
  await client.signal('ship-1', { name: 'paid', payload: order, key: 'k-1' })
  await client.signal('ship-1', { name: 'paid', key: 'k-2' })
  await client.completeCallback('token', order)
  await client.completeCallback('token')
  await client.completeExternal('e-1', 'token', { outcome: 'success', value: order })
  await worker.runProcess({ id: 'ship-2', kind: 'ship', input: order })
  startMessage({ id: 'ship-3', kind: 'ship', input: order })
  const kit = new TestKit({ definitions: [ship, countDown, ping, pongs] })
  await kit.signal('ship-1', 'paid', order)
}

/** A wrapper of a user's own keeps the types of its definition. */
export function startFor<Definition extends typeof ship | typeof ping>(
  client: Processes,
  definition: Definition,
  input: Parameters<typeof client.start<Definition>>[1],
): Promise<unknown> {
  return client.start(definition, input, { id: 'x' })
}

export const doors: readonly unknown[] = [apiHandler, DurableProcesses, HttpProcessClient, S3Payloads]
