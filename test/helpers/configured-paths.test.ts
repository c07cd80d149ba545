import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathsNamedIn, unmatched } from './configured-paths.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Files that name others by text: a renamed file would leave them without notice, and its suite would not run. */
const CONFIGS = [
  '*.json',
  '*.ts',
  '.ci/*',
  '.github/**/*.yml',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'test/helpers/*.ts',
]
/** They hold paths of other repositories, as samples or as what npm installed. */
const OF_OTHERS: ReadonlySet<string> = new Set(['package-lock.json', 'test/helpers/configured-paths.test.ts'])

test('every path and glob in a config matches a file of this repository', () => {
  const tracked = listed('**')
  const folders = [
    ...new Set(tracked.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? '')),
  ]
  const missing = listed(...CONFIGS)
    .filter((path) => !OF_OTHERS.has(path))
    .map((path) => [path, pathsNamedIn({ text: readFileSync(join(ROOT, path), 'utf8'), folders })] as const)
  expect(missing.flatMap(([, named]) => named).length).toBeGreaterThan(60)
  expect(
    missing.flatMap(([path, named]) => unmatched(named, ROOT).map((each) => `${path} names ${each}`)),
  ).toEqual([])
})

test('a path that no file matches is found, in a glob and its alternatives too', () => {
  const text = `['./lib/index.ts', '!lib/gone.ts', "node lib/away.ts --x", 'lib/{api,none}/*.ts', 'lib/**/*.gone', 'other/a.ts']`
  const named = pathsNamedIn({ text, folders: ['lib'] })
  expect(unmatched(named, ROOT)).toEqual(['lib/gone.ts', 'lib/away.ts', 'lib/none/*.ts', 'lib/**/*.gone'])
})

/** What git tracks or would track below these paths. */
function listed(...paths: readonly string[]): readonly string[] {
  const options = [
    '--glob-pathspecs',
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    ...paths,
  ]
  return execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '')
}
