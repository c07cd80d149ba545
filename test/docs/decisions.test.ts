import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

type Group = 'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies'
type Package = { readonly name: string } & { readonly [group in Group]?: Record<string, string> } & {
  readonly workspaces?: readonly string[]
}

test('docs/decisions/dependencies.md says why each dependency is there, and names no other', () => {
  const root = JSON.parse(read('package.json')) as Package
  const members = (root.workspaces ?? []).map(
    (path) => JSON.parse(read(join(path, 'package.json'))) as Package,
  )
  const ours = members.map(({ name }) => name)
  const installed = [...new Set([root, ...members].flatMap(namesOf))].filter((name) => !ours.includes(name))
  const tables = read('docs/decisions/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const explained = tables.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  )
  expect(explained.toSorted(byText)).toEqual(installed.toSorted(byText))
})

function namesOf(described: Package): readonly string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = described
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })
}

function byText(a: string | undefined = '', b: string | undefined = ''): number {
  return a < b ? -1 : 1
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
