import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

type Package = Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>

test('docs/decisions/dependencies.md says why each dependency is there, and names no other', () => {
  const { dependencies, devDependencies, optionalDependencies }: Package = JSON.parse(read('package.json'))
  const installed = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const tables = read('docs/decisions/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const explained = tables.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  )
  expect(explained.toSorted(byText)).toEqual(installed.toSorted(byText))
})

function byText(a: string | undefined = '', b: string | undefined = ''): number {
  return a < b ? -1 : 1
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
