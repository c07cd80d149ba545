import { orderWith } from '../../../examples/order/order.ts'
import { openShop } from '../../../examples/order/shop.ts'
import { post } from '../../../examples/post.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, until, waitsFor, type Live } from '../lives.ts'

const lived =
  (given: { card?: string; address?: string; pack?: boolean; cancel?: boolean }): Live =>
  async (crash) => {
    const shop = await openShop()
    const order = orderWith((request) => kit.outside(post(request)))
    const kit = new TestKit({ definitions: [order] })
    const { card = '4242', address = '12 High Street', pack = true } = given
    try {
      if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
      await kit.start(order, { shop: shop.url, sku: 'chair', quantity: 2, card, address }, { id: 'o-1' })
      if (given.cancel === true) {
        await until(kit, () => waitsFor(kit, 'o-1', 'signal "packed"'))
        await kit.skip({ minutes: 10 })
        await kit.cancel('o-1', 'the customer changed their mind')
      } else if (pack) await kit.signal('o-1', 'packed')
      const { reserved, charged, parcels, done } = shop.books
      return await lifeOf(kit, 'o-1', () => ({
        reserved: [...reserved],
        charged: [...charged],
        parcels: [...parcels],
        done,
      }))
    } finally {
      await shop.close()
    }
  }

export const lives: { readonly [name: string]: Live } = {
  shipped: lived({}),
  declined: lived({ card: 'declined', pack: false }),
  'nowhere to ship to': lived({ address: 'nowhere' }),
  'never packed': lived({ pack: false }),
  cancelled: lived({ cancel: true }),
}
