import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { lengthsOf, longSentencesIn, sentencesOf, type Lengths } from './sentences.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Words of riddles, each with the plain word to use. A sentence with one of them has no named actor, or says it twice. */
export const WORDS: Readonly<Record<string, string>> = {
  whoever: 'name the actor: worker, caller, sweep, store',
  nobody: 'no worker, no caller',
  someone: 'a client, an operator',
  somebody: 'a client, an operator',
  'those who': 'callers that, workers that',
  'is told': 'reads, gets, is notified',
  'goes on': 'continues',
  'go on': 'continue',
  'gone on': 'continued',
  'is over': 'has expired, has ended',
  'none more': 'no other',
  'comes to nothing': 'fails',
  'come to nothing': 'fail',
}

/** A test's name stands alone in a report, on one line. */
export const TEST_NAME_MAX = 90

export type Finding = { readonly line: number; readonly found: string; readonly instead: string }

export function wordsIn(text: string): readonly Finding[] {
  return text.split('\n').flatMap((line, index) =>
    Object.entries(WORDS).flatMap(([word, instead]) => {
      const hits = line.match(new RegExp(`\\b${word.replaceAll(' ', '\\s')}\\b`, 'giu')) ?? []
      return hits.map((found) => ({ line: index + 1, found, instead }))
    }),
  )
}

/** Names of tests that are too long. Of a name with placeholders the text as it is written counts. */
export function longNamesIn(text: string): readonly Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const name = /^\s*(?:test|it|describe)\(\s*(['"`])(.*?)\1/u.exec(line)?.[2]
    if (name === undefined || name.length <= TEST_NAME_MAX) return []
    return [{ line: index + 1, found: name, instead: `at most ${TEST_NAME_MAX} characters` }]
  })
}

export type Counted = { readonly words: number; readonly longNames: number; readonly longSentences: number }

/** The findings of a folder or a file, over all files that git knows. */
export function countIn(place: string): Counted {
  const texts = textsIn(place)
  const sum = (of: (text: string, path: string) => readonly unknown[]): number =>
    texts.reduce((total, [path, text]) => total + of(text, path).length, 0)
  return {
    words: sum(wordsIn),
    longNames: sum(longNamesIn),
    longSentences: sum((text, path) => longSentencesIn(path, text)),
  }
}

export function lengthsIn(place: string): Lengths {
  return lengthsOf(textsIn(place).flatMap(([path, text]) => sentencesOf(path, text)))
}

function textsIn(place: string): readonly (readonly [path: string, text: string])[] {
  const listed = execFileSync('git', ['ls-files', '--', place], { cwd: ROOT, encoding: 'utf8' })
  const files = listed.split('\n').filter((path) => /\.(ts|md|json)$/u.test(path) && !OWN.test(path))
  return files.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const)
}

/** The list of words itself, and what a package manager writes. */
const OWN = /^test\/language\/|^package(-lock)?\.json$/u
