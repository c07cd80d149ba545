import { expect, test } from 'vitest'
import { committedHistory } from '../lives.ts'
import { lives } from './lives.ts'

const [ASK, REMIND] = ['Please decide: a desk', 'Still waiting for you: a desk']

test.each([
  ['approved at once', { approved: true, by: 'ann', reminders: 0 }, [ASK]],
  ['refused after a reminder', { approved: false, by: 'bob', reminders: 1 }, [ASK, REMIND]],
  ['answered wrongly at first', { approved: true, by: 'ann', reminders: 0 }, [ASK]],
  ['never decided', { approved: false, by: 'time', reminders: 2 }, [ASK, REMIND, REMIND]],
])('a request that is %s ends as that, with the mails for it', async (name, value, mails) => {
  const { output, world } = await lives[name]!()
  expect(output).toEqual({ outcome: 'success', value })
  expect(world).toEqual(mails)
})

test.each(Object.keys(lives))('the history of a request that is %s is the committed one', async (name) => {
  expect((await lives[name]!()).history).toEqual(committedHistory('approval')[name])
})
