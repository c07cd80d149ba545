import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cliPage, PAGE } from '../../.ci/cli-page.ts'
import { TABLE } from '../../lib/cli/table.ts'

test('docs/cli.md is the page of the table: run `npm run cli:page` after a change', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(cliPage())
})

test('no two commands of the table have one name', () => {
  const names = TABLE.map(({ spec }) => spec.name)
  expect(names).toEqual([...new Set(names)])
})
