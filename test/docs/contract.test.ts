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

test('every statement that is kept is named by a test of the conformance suite', () => {
  const tested = new Set(
    sources('test/conformance').flatMap((text) =>
      text
        .split('\n')
        .filter((line) => /\btest/u.test(line) || /`C\d/u.test(line) || /'C\d/u.test(line))
        .flatMap(statementsIn),
    ),
  )
  const kept = stated.filter(({ text }) => !text.startsWith('*Not kept yet:*')).map(({ number }) => number)
  expect(kept.filter((number) => !tested.has(number))).toEqual([])
})

test('statements are numbered from 1 without gaps', () => {
  expect(stated.map(({ number }) => number)).toEqual(stated.map((_, index) => `C${index + 1}`))
})
