import { expect, test } from 'vitest'
import { wordIn, Words } from '../../../bench/peers/words.ts'

test('wordIn() reads a line of the bench, and no other line', () => {
  expect(wordIn('BENCH running recovery-1', 7)).toEqual({ word: 'running', id: 'recovery-1', pid: 7 })
  expect(wordIn('{"message":"BENCH running x"}', 7)).toBeUndefined()
  expect(wordIn('BENCH dancing x', 7)).toBeUndefined()
})

test('Words resolves a wait by its own word and id, and a wait for many by the last', async () => {
  const words = new Words()
  const [one, all] = [words.next('running', 'a'), words.all('running', ['a', 'b'])]
  words.heard({ word: 'done', id: 'a', pid: 1 })
  words.heard({ word: 'running', id: 'b', pid: 2 })
  words.heard({ word: 'running', id: 'a', pid: 3 })
  expect(await one).toMatchObject({ pid: 3 })
  await all
})
