import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findEntry } from '../../../lib/local/dev/entry.ts'
import { aProject } from '../../helpers/project.ts'

const project = aProject({ 'src/processes/index.ts': '', 'src/named.ts': '', 'lib/configured.ts': '' }, [])
const empty = aProject({}, [])
afterAll(() => {
  project.remove()
  empty.remove()
})

const cwd = project.folder
const configured = { entry: 'lib/configured.ts', folder: cwd, by: 'package.json' }

test('findEntry() prefers the argument, then the configuration, then the usual place', () => {
  expect(findEntry({ cwd, named: 'src/named.ts', configured })).toBe(join(cwd, 'src/named.ts'))
  expect(findEntry({ cwd, configured })).toBe(join(cwd, 'lib/configured.ts'))
  expect(findEntry({ cwd })).toBe(join(cwd, 'src/processes/index.ts'))
  expect(findEntry({ cwd: empty.folder })).toBeUndefined()
})

test('findEntry() refuses a module that is named and not there', () => {
  const refused = expect.objectContaining({ code: 'entry_missing' })
  expect(() => findEntry({ cwd, named: 'src' })).toThrow(refused)
  expect(() => findEntry({ cwd, configured: { ...configured, entry: 'none.ts' } })).toThrow(refused)
})
