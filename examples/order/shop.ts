import * as v from 'valibot'
import type { Json } from '../../lib/model/json.ts'
import { bodyOf, serve, type Served } from '../serve.ts'

const Ask = v.looseObject({
  order: v.string(),
  sku: v.optional(v.string()),
  quantity: v.optional(v.number()),
  card: v.optional(v.string()),
  address: v.optional(v.string()),
})
type Ask = v.InferOutput<typeof Ask>

/** What the other systems hold, by order. */
export type Books = {
  readonly reserved: Map<string, number>
  readonly charged: Map<string, string>
  readonly parcels: Map<string, string>
  /** What was carried out, in order. A call repeated under its key is not here twice. */
  readonly done: string[]
}

/**
 * Stock, payments and parcels in one small server. A key is carried out once and answered alike each time; the card
 * `declined` and the address `nowhere` are refused; each system is down for its first call.
 */
export async function openShop(): Promise<Served & { readonly books: Books }> {
  const books: Books = { reserved: new Map(), charged: new Map(), parcels: new Map(), done: [] }
  const replies = new Map<string, { status: number; body: Json }>()
  const awake = new Set<string>()
  const served = await serve((request, response) => {
    void (async () => {
      const path = request.url?.slice(1) ?? ''
      const key = String(request.headers['idempotency-key'])
      const ask = v.parse(Ask, await bodyOf(request))
      if (!awake.has(path)) {
        awake.add(path)
        response.writeHead(503).end()
        return
      }
      const reply = replies.get(key) ?? carryOut(books, path, ask)
      replies.set(key, reply)
      response.writeHead(reply.status).end(reply.status === 200 ? JSON.stringify(reply.body) : reply.body)
    })()
  })
  return { ...served, books }
}

function carryOut(books: Books, path: string, ask: Ask): { status: number; body: Json } {
  const { order } = ask
  if (path === 'charge' && ask.card === 'declined') return { status: 402, body: 'the card was declined' }
  if (path === 'ship' && ask.address === 'nowhere') return { status: 422, body: 'there is no such address' }
  books.done.push(path)
  if (path === 'reserve') books.reserved.set(order, ask.quantity ?? 0)
  if (path === 'release') books.reserved.delete(order)
  if (path === 'charge') books.charged.set(order, ask.card ?? '')
  if (path === 'refund') books.charged.delete(order)
  if (path === 'ship') books.parcels.set(order, ask.address ?? '')
  if (path === 'recall') books.parcels.delete(order)
  return { status: 200, body: path === 'ship' ? { parcel: `parcel-${order}` } : {} }
}
