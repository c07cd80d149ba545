import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const DIVIDER = /^\|(?:\s*:?-+:?\s*\|)+$/u

/** Rows that a reader would see as text: without a head above them, or with more or fewer cells than it. */
function strayRows(page: string): string[] {
  const stray: string[] = []
  let cells = 0
  let inCode = false
  const lines = page.split('\n')
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('```')) inCode = !inCode
    const isRow = !inCode && line.startsWith('|')
    const cellsHere = line.replaceAll('\\|', '').split('|').length
    if (isRow && cells === 0 && DIVIDER.test(lines[index + 1] ?? '')) cells = cellsHere
    else if (isRow && cellsHere !== cells) stray.push(`${index + 1}: ${line.slice(0, 60)}`)
    if (!isRow) cells = 0
  }
  return stray
}

test.each(['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })])(
  'each row of %s stands in a table',
  (path) => {
    expect(strayRows(readFileSync(join(ROOT, path), 'utf8'))).toEqual([])
  },
)

test('a row below a text, and one of too few cells, are found', () => {
  const page = '| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |\n\nText.\n| 4 | 5 |\n'
  expect(strayRows(page)).toEqual(['4: | 3 |', '7: | 4 | 5 |'])
})

test('pages that name the Java to install name the one that is looked for', () => {
  const [version] = /Java (\d+) or later/u.exec(readFileSync(join(ROOT, 'lib/local/errors.ts'), 'utf8')) ?? []
  expect(version).toBeDefined()
  for (const path of ['README.md', 'lib/cli/specs/dev.ts'])
    expect(readFileSync(join(ROOT, path), 'utf8').replaceAll(/\s+/gu, ' ')).toContain(version)
})
