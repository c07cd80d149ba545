import { fileURLToPath } from 'node:url'
import { freshId, lineOf, openClient, type ExampleRun, type ExampleStack } from '../local-client.ts'
import { order } from './order.ts'
import { openShop } from './shop.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

/**
 * Places two orders: one that is shipped, and one to an address that does not exist, so that what was reserved and paid
 * for it is given back. Answers 0 where the books of the other systems say the same as the two processes.
 */
export async function runExample(stack: ExampleStack, { out }: ExampleRun): Promise<number> {
  const say = (line: string): void => void out.write(`${line}\n`)
  const shop = await openShop()
  const { client, follow, close } = openClient(stack)
  try {
    const outcomes: string[] = []
    for (const address of ['12 High Street', 'nowhere']) {
      const id = freshId('order')
      say(`${id}: two chairs to ${address}`)
      const input = { shop: shop.url, sku: 'chair', quantity: 2, card: '4242', address }
      await client.start(order, input, { id })
      // The warehouse is quick. A signal waits for its process as well as the other way round.
      await client.signal(id, { name: 'packed', key: 'packed-once' })
      const output = await follow(id, (entry) => {
        const line = lineOf(entry)
        if (line !== undefined) say(`  ${line}`)
      })
      outcomes.push(output.outcome)
    }
    const { parcels, charged, reserved } = shop.books
    say(`${parcels.size} parcel, ${charged.size} payment and ${reserved.size} reservation stand`)
    const asTold = parcels.size === 1 && charged.size === 1 && reserved.size === 1
    return asTold && outcomes.join() === 'success,failure' ? 0 : 1
  } finally {
    close()
    await shop.close()
  }
}
