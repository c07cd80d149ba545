import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const ROW = /^\| ([\w -]+) \| (.+) \| `(\w+)` in `([\w./-]+)` \|$/

const [words = '', elsewhere = ''] = read('docs/glossary.md').split('\n## ')
const lines = rowsOf(words)
const rows = lines.map((line) => ROW.exec(line)?.slice(1) ?? [line])

describe('docs/glossary.md', () => {
  test('has rows of one shape: word, meaning, symbol in file', () => {
    expect(rows.filter((row) => row.length !== 4)).toEqual([])
    expect(rows.length).toBeGreaterThan(20)
  })

  test('names each word once, in order', () => {
    const words = rows.map(([word = '']) => word)
    expect(words).toEqual([...new Set(words)].toSorted((a, b) => (a < b ? -1 : 1)))
  })

  test('says what others call a word that it explains, in order', () => {
    const explained = new Set(rows.map(([word = '']) => word))
    const here = rowsOf(elsewhere).map((line) => line.split('|')[1]?.trim() ?? '')
    expect(here.filter((word) => !explained.has(word))).toEqual([])
    expect(here).toEqual([...new Set(here)].toSorted((a, b) => (a < b ? -1 : 1)))
    expect(here.length).toBeGreaterThan(20)
  })

  for (const [word, , symbol, path] of rows) {
    test(`says where "${word}" lives, and it lives there`, () => {
      expect(existsSync(join(ROOT, path ?? ''))).toBe(true)
      // An export, or a member of an exported interface.
      expect(read(path ?? '')).toMatch(
        new RegExp(
          String.raw`^export (?:abstract )?(?:async )?(?:const|function|class|type|interface) ${symbol}\b|^  ${symbol}[<(]`,
          'm',
        ),
      )
    })
  }
})

/** The rows of a table, without its head. */
function rowsOf(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
