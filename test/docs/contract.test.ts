import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(ROOT, folder, path), 'utf8'))
}

function statementsIn(text: string): string[] {
  return [...text.matchAll(/\bC([1-9]\d?)\b/gu)].map(([statement]) => statement)
}

/** A test names the statements that it holds in brackets at the end of its name: `renew() refuses a stale fence [C13]`. */
function namedIn(text: string): string[] {
  const brackets = text.matchAll(/ \[(C[1-9]\d?(?:, C[1-9]\d?)*)\](?=['"`],)/gu)
  return [...brackets].flatMap(([, numbers = '']) => statementsIn(numbers))
}

const page = readFileSync(join(ROOT, 'docs/contract.md'), 'utf8')
const stated = [...page.matchAll(/^- \*\*(C\d+)\*\* (.*)$/gmu)].map(([, number = '', text = '']) => ({
  number,
  text,
}))

test('every statement that code and tests refer to stands in the contract', () => {
  const numbers = new Set(stated.map(({ number }) => number))
  const referred = ['lib', 'test', 'bench', 'functions'].flatMap(sources).flatMap(statementsIn)
  expect(referred.filter((number) => !numbers.has(number))).toEqual([])
})

test('a test of the conformance suite names every statement that is kept', () => {
  const tested = new Set(sources('test/conformance').flatMap(namedIn))
  const kept = stated.filter(({ text }) => !text.startsWith('*Not kept yet:*')).map(({ number }) => number)
  expect(kept.filter((number) => !tested.has(number))).toEqual([])
})

test('statements are numbered from 1 without gaps', () => {
  expect(stated.map(({ number }) => number)).toEqual(stated.map((_, index) => `C${index + 1}`))
})

test('namedIn() finds the numbers at the end of a name, and none elsewhere', () => {
  expect(
    namedIn("test('a claim raises the fence [C9, C46]', run)\n// C3 [C4]\ntest('C5 a name', run)"),
  ).toEqual(['C9', 'C46'])
})
