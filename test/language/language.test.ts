import { describe, expect, test } from 'vitest'
import BUDGET from './budget.json' with { type: 'json' }
import { countIn, lengthsIn, longNamesIn, TEST_NAME_MAX, WORDS, wordsIn } from './rules.ts'
import { lengthsOf, longSentencesIn, SENTENCE_AIM, SENTENCE_WORDS_MAX, sentencesOf } from './sentences.ts'

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

describe('longSentencesIn()', () => {
  const sentence = (words: number): string => `A${' word'.repeat(words - 1)}.`
  const [right, long] = [sentence(SENTENCE_WORDS_MAX), sentence(SENTENCE_WORDS_MAX + 1)]

  test('finds a long sentence of a page, and none at the limit', () => {
    expect(longSentencesIn('a.md', `# Title\n\n${right} ${right}\n\n- ${long}\n`)).toEqual([long])
    // A cell of a table is no part of the sentence before it, in a list too.
    expect(longSentencesIn('a.md', `1. ${right}\n\n   | ${right} |\n   | --- |\n   | ${right} |\n`)).toEqual(
      [],
    )
  })

  test('finds a long sentence over two lines of a comment, and none in code', () => {
    const wrapped = long.replace('word word', 'word\n * word')
    expect(longSentencesIn('a.ts', `/**\n * ${right}\n *\n * ${wrapped}\n */\nconst a = 1`)).toEqual([long])
    expect(longSentencesIn('a.ts', `const a = '${long}'\nconst b = 2 // ${long}`)).toEqual([])
  })

  test('takes a tag for a comment of its own, and an indented line for an example', () => {
    expect(sentencesOf('a.ts', '/**\n * One.\n *   a  b\n * @throws Two.\n */\n// Three.')).toEqual([
      'One.',
      'Two.',
      'Three.',
    ])
    expect(sentencesOf('a.md', 'One.\n\n    npm test\n')).toEqual(['One.'])
  })
})

test('lengthsOf() returns the median and the ninetieth percentile of words', () => {
  const sentences = Array.from({ length: 10 }, (_, index) => 'word '.repeat(index + 1).trim())
  expect(lengthsOf(sentences)).toEqual({ median: 5, p90: 9 })
})

test.each(['README.md', 'functions', 'bin', 'lib', 'docs'])('%s has short sentences', (place) => {
  const { median, p90 } = lengthsIn(place)
  expect(median).toBeLessThanOrEqual(SENTENCE_AIM.median)
  expect(p90).toBeLessThanOrEqual(SENTENCE_AIM.p90)
})

/** A budget only falls: a change that mends a sentence lowers it, and no change may raise it. */
test.each(Object.entries(BUDGET))('%s has as many findings as its budget says', (place, budget) => {
  expect(countIn(place)).toEqual(budget)
})
