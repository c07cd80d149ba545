import { expect, test } from 'vitest'
import { committedHistory } from '../lives.ts'
import { lives } from './lives.ts'

const NOTHING = { reserved: [], charged: [], parcels: [] }

test('an order is reserved, paid and shipped, each once', async () => {
  const { output, world } = await lives['shipped']!()
  expect(output).toEqual({ outcome: 'success', value: { parcel: 'parcel-o-1' } })
  expect(world).toEqual({
    reserved: [['o-1', 2]],
    charged: [['o-1', '4242']],
    parcels: [['o-1', '12 High Street']],
    done: ['reserve', 'charge', 'ship'],
  })
})

test.each([
  ['declined', 'the card was declined'],
  ['nowhere to ship to', 'there is no such address'],
  ['never packed', 'no signal "packed" within 3 days'],
])('an order that is %s leaves nothing behind, and fails with the first reason', async (name, message) => {
  const { output, world } = await lives[name]!()
  expect(output).toMatchObject({ outcome: 'failure', error: { message } })
  expect(world).toMatchObject(NOTHING)
})

test('a cancelled order undoes what was done, last first, and ends cancelled', async () => {
  const { output, world } = await lives['cancelled']!()
  expect(output).toEqual({ outcome: 'cancelled', reason: 'the customer changed their mind' })
  expect(world).toEqual({ ...NOTHING, done: ['reserve', 'charge', 'refund', 'release'] })
})

test.each(Object.keys(lives))('the history of an order that is %s is the committed one', async (name) => {
  expect((await lives[name]!()).history).toEqual(committedHistory('order')[name])
})
