import { describe, expect, test } from 'vitest'
import BUDGET from './budget.json' with { type: 'json' }
import { countIn, longNamesIn, TEST_NAME_MAX, WORDS, wordsIn } from './rules.ts'

describe('a listed word', () => {
  test.each(Object.keys(WORDS))('"%s" is found in a comment, and in no longer word', (word) => {
    expect(wordsIn(`// first\n// Here ${word.toUpperCase()} stands.`)).toEqual([
      { line: 2, found: word.toUpperCase(), instead: WORDS[word] },
    ])
    expect(wordsIn(`x${word}y`)).toEqual([])
  })
})

test('longNamesIn() finds a name over the limit, and none at the limit', () => {
  const named = (length: number): string => `test('${'x'.repeat(length)}', () => {})`
  expect(longNamesIn(named(TEST_NAME_MAX))).toEqual([])
  expect(longNamesIn(`\n  ${named(TEST_NAME_MAX + 1)}`)).toMatchObject([{ line: 2 }])
})

/** A budget only falls: a change that mends a sentence lowers it, and no change may raise it. */
test.each(Object.entries(BUDGET))('%s has as many findings as its budget says', (place, budget) => {
  expect(countIn(place)).toEqual(budget)
})
