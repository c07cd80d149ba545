import { HttpProcessClient, unsigned } from 'leasehold/client'
import { TestKit } from 'leasehold/testing'
import { order } from './order.ts'

// A module of a user: it runs a process to its end, and calls a client that has types of the definition.

const kit = new TestKit({ definitions: [order] })
await kit.start(order, { sku: 'a-1' }, { id: 'order-7' })
await kit.skip({ days: 30 })
await kit.signal('order-7', 'approved', { by: 'ann' })
console.log(JSON.stringify(await kit.result('order-7')))

const client = new HttpProcessClient({ url: 'http://127.0.0.1:9', auth: unsigned })
export const startAnother = () => client.start(order, { sku: 'a-2' }, { id: 'order-8' })
