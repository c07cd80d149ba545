import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EQUIVALENT } from './equivalent.ts'
import { ROOT } from './load.ts'
import { KINDS, withMutant, type Kind } from './mutant.ts'
import { mutantsOf } from './mutators.ts'
import { ROOMS } from './stages.ts'

/** Of each kind: a source, and the mutant of that kind that the mutator makes of it. */
const SAMPLES: Readonly<Record<Kind, readonly [source: string, mutated: string]>> = {
  'negate a condition': ['if (isOpen) close()', 'if (!(isOpen)) close()'],
  'shift a comparison': ['const isDue = dueAt <= now', 'const isDue = dueAt < now'],
  'swap and with or': ['const both = a && b', 'const both = ((a) || (b))'],
  'drop a fallback': ['const limit = asked ?? 10', 'const limit = (asked)'],
  'drop a negation': ['const isOpen = !ended', 'const isOpen = ended'],
  'drop a guard': ['function f() { if (ended) return; write() }', 'function f() { {} write() }'],
  'drop an await': ['await write()', 'void write()'],
  'remove a statement': ['notify(parent)', ';'],
  'swap two arguments': ['renew(id, owner)', 'renew(owner, id)'],
  'flip a boolean': ['const strong = true', 'const strong = false'],
  'swap plus with minus': ['const until = now + ttlMs', 'const until = now - ttlMs'],
  'swap some with every': ['const any = rows.some(isOpen)', 'const any = rows.every(isOpen)'],
  'swap min with max': ['const next = Math.min(a, b)', 'const next = Math.max(a, b)'],
  'drop a spread': ['const row = { ...lease, id }', 'const row = {  id }'],
}

test.each(KINDS)('mutantsOf() makes a mutant of the kind "%s"', (kind) => {
  const [source, mutated] = SAMPLES[kind]
  const made = mutantsOf('lib/sample.ts', source).filter((mutant) => mutant.kind === kind)
  expect(made.map((mutant) => withMutant(source, mutant))).toEqual([mutated])
})

test.each([
  ['a type', 'type Row = { readonly open: true } & (A | B)'],
  ['the text of an error', 'throw new TypeError(`no ${a && b ? true : c}`)'],
  ['two arguments that are the same', 'const same = pair(id, id)'],
  ['a text that is joined', "const key = 'P#' + id"],
])('mutantsOf() leaves %s alone', (_, source) => {
  expect(mutantsOf('lib/sample.ts', source)).toEqual([])
})

test('mutantsOf() throws on a file that cannot be parsed', () => {
  expect(() => mutantsOf('lib/broken.ts', 'const = 1')).toThrow('lib/broken.ts')
})

const all = ROOMS.flatMap((room) => globSync(`lib/${room}/**/*.ts`, { cwd: ROOT })).flatMap((file) =>
  mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')),
)

test('mutators make at least 1,500 mutants of the rooms of the engine', () => {
  expect(all.length).toBeGreaterThan(1_500)
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(KINDS))
})

test('mutators give each mutant an id of its own', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
})

test('EQUIVALENT lists mutants that exist, each with a reason', () => {
  const ids = new Set(all.map(({ id }) => id))
  expect([...EQUIVALENT.keys()].filter((id) => !ids.has(id))).toEqual([])
  expect([...EQUIVALENT.values()].filter((reason) => reason.length < 20)).toEqual([])
})
