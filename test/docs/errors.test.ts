import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const CLASS = /readonly code = '(\w+)'\s+readonly blame = '([\w-]+)'\s+readonly next = '([\w-]+)'/g
const ENTRY = /^### (\w+)\n(?:\*([\w-]+), ([\w-]+)\.\* )?([\s\S]*?)(?=^##|(?![\s\S]))/gm

type Entry = { readonly blame: string | undefined; readonly next: string | undefined; readonly text: string }

const classes = new Map(
  globSync('lib/**/*.ts', { cwd: ROOT }).flatMap((path) =>
    [...read(path).matchAll(CLASS)].map(([, code = '', blame, next]) => [code, { blame, next }] as const),
  ),
)
const entries = new Map(
  [...read('docs/errors.md').matchAll(ENTRY)].map(
    ([, code = '', blame, next, text = '']): [string, Entry] => [code, { blame, next, text }],
  ),
)

describe('docs/errors.md', () => {
  test('is compared with the error classes of the library', () => {
    expect([...classes.keys()]).toContain('lease_lost')
    expect(entries.size).toBeGreaterThanOrEqual(classes.size)
  })

  test('has each code once', () => {
    const codes = [...read('docs/errors.md').matchAll(ENTRY)].map(([, code]) => code)
    expect(codes).toEqual([...new Set(codes)])
  })

  for (const [code, { blame, next }] of classes) {
    test(`has ${code}, with who has to act and what comes next`, () => {
      expect(entries.get(code)).toMatchObject({ blame, next })
    })
  }

  for (const [code, { text, blame }] of entries) {
    test(`says what to do about ${code}, which exists`, () => {
      expect(text).toMatch(/^\*\*Do:\*\* \S/m)
      if (blame !== undefined) expect([...classes.keys()]).toContain(code)
      else
        expect(globSync('lib/**/*.ts', { cwd: ROOT }).some((path) => read(path).includes(`'${code}'`))).toBe(
          true,
        )
    })
  }
})

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
