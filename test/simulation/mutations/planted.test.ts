import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bugNamed, withBug } from './plant.ts'
import { PLANTED } from './planted.ts'

const ROOT = join(import.meta.dirname, '../../..')
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

test('there are twenty-five bugs to plant or more, each under a name of its own', () => {
  expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length)
  expect(PLANTED.length).toBeGreaterThanOrEqual(25)
})

// A refactoring would else make a bug vanish, and its hunt would look in vain in sound code.
test.each(PLANTED)('what this bug replaces stands once in the library: $name', ({ edits }) => {
  const files = Map.groupBy(edits, ({ file }) => file)
  for (const [file, those] of files) {
    const text = textOf(file)
    const broken = those.reduce(withBug, text)
    expect(file).toMatch(/^lib\//)
    expect(broken).not.toBe(text)
    expect(() => stripTypeScriptTypes(broken)).not.toThrow()
  }
})

test('a bug whose place is gone, or stands twice, is not planted', () => {
  const edit = { file: 'lib/a.ts', find: 'fence', replace: 'f' }
  expect(() => withBug('no such word', edit)).toThrow(/found it 0 times/)
  expect(() => withBug('fence and fence', edit)).toThrow(/found it 2 times/)
  expect(withBug('a fence', edit)).toBe('a f')
})

test('a bug is named by its name, or by a part that no other has', () => {
  for (const { name } of PLANTED) expect(bugNamed(name).name).toBe(name)
  expect(bugNamed('without naming its fence').name).toBe('an owner writes without naming its fence')
  expect(() => bugNamed('an owner writes')).toThrow(/several bugs.*its fence; .*its commit/)
  expect(() => bugNamed('no such bug')).toThrow(/no bug of the list is called/)
})
