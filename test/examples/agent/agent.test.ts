import { expect, test } from 'vitest'
import { committedHistory } from '../lives.ts'
import { lives } from './lives.ts'

const DONE = 'Done: the second payment is on its way back to you.'
const READ = `I will look at the invoice first.It was paid twice, so one payment should go back.${DONE}`
const REFUSED = 'I may not pay anything back; please ask a colleague of mine.'

test.each([
  ['allowed', DONE, ['A-7']],
  ['not allowed', REFUSED, []],
  ['left alone', REFUSED, []],
])('an agent that is %s answers so, and pays back no more than it may', async (name, answer, refunds) => {
  const { output, world } = await lives[name]!()
  expect(output).toEqual({ outcome: 'success', value: { answer, turns: 3 } })
  expect(world).toMatchObject({ refunds })
})

test('the agent emits each part of its speech once, also when the worker dies in between', async () => {
  const calm = await lives['allowed']!()
  expect(calm.world).toMatchObject({ read: READ })
  const shaken = await lives['allowed']!({ nth: 3, when: 'before' })
  expect(shaken.takeovers).toBe(1)
  expect(shaken.world).toEqual(calm.world)
})

test.each([
  ['cancelled while it waits', 'never mind', []],
  ['cancelled in a sentence', 'it thinks for too long', ['A-7']],
])('an agent that is %s stops there', async (name, reason, refunds) => {
  const { output, world, history } = await lives[name]!()
  expect(output).toEqual({ outcome: 'cancelled', reason })
  expect(world).toMatchObject({ refunds })
  expect(history.slice(-2)).toEqual([expect.stringMatching(/: process_cancelled$/u), 'end cancelled'])
})

test.each(Object.keys(lives))('the history of an agent that is %s is the committed one', async (name) => {
  expect((await lives[name]!()).history).toEqual(committedHistory('agent')[name])
})
