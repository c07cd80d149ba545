import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from '../simulation/runner/child.ts'
import { FAULT_KINDS } from '../simulation/world/faults.ts'
import { PLANTED } from '../simulation/mutations/planted.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/correctness.md'), 'utf8')

/** The first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [table = ''] = section.split('\n## ')
  const cells = [...table.matchAll(/^\| ([^|]+?) \|/gmu)].map(([, cell = '']) => cell)
  return cells.filter((cell) => !/^-+$/u.test(cell)).slice(1)
}

test('every promise that a report can name stands in the page, and no other', () => {
  const folder = join(ROOT, 'test/simulation')
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
  const named = texts.flatMap((text) => [
    ...[...text.matchAll(/(?:\bbroken\(\s*|\binvariant: )'([^']+)'/gu)].map(([, name = '']) => name),
    // Some have a name that stands for their name.
    ...[...text.matchAll(/\bbroken\(\s*([A-Z_]+)\b/gu)].flatMap(([, constant = '']) =>
      [...text.matchAll(new RegExp(`const ${constant} = '([^']+)'`, 'gu'))].map(([, name = '']) => name),
    ),
  ])
  expect(firstCells('What is promised').toSorted()).toEqual([...new Set(named)].toSorted())
})

test('every planted bug stands in the page, and no other', () => {
  expect(firstCells('Planted bugs').toSorted()).toEqual(PLANTED.map(({ name }) => name).toSorted())
})

test('the page tells how many kinds of faults there are', () => {
  expect(page).toContain(`${FAULT_KINDS.length} kinds of faults`)
})

test('the story in the page is what the command tells that stands at its end', async () => {
  const [, section = ''] = page.split('\n### What a failing seed tells\n')
  const [text = ''] = section.split('\n### ')
  const story = text.split('\n').filter((line) => line.startsWith('    '))
  const [, bug = '', seed = ''] = /again: npm run simulate -- --plant "([^"]+)" --seed (\d+)/.exec(text) ?? []
  const args = [join(ROOT, 'test/simulation/simulate.ts'), '--plant', bug, '--seed', seed]
  const { out } = await runNode(args)
  const told = out.split('\n').filter((line) => line !== '')
  expect(story.map((line) => line.slice(4))).toEqual(told)
})
