import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  circlesIn,
  crowdedRooms,
  DOORS,
  OWN_SUITES,
  type Rule,
  RULES,
  type SourceFile,
  SUBROOMS,
} from './helpers/house-rules.ts'

const ROOT = join(import.meta.dirname, '..')

describe('the house rules hold', () => {
  const files = sources()
  const paths = new Set(files.map(({ path }) => path))

  test('in a checkout that has files', () => {
    expect(paths).toContain('lib/model/limits.ts')
  })

  for (const [name, rule] of Object.entries<Rule>(RULES)) {
    test(name, () => {
      const breaches = files
        .filter(({ path }) => rule.looksAt(path))
        .flatMap((file) =>
          rule.breaches(file, paths).map(({ line, fix }) => `${file.path}:${line} ${name}: ${fix}`),
        )
      expect(breaches.join('\n')).toBe('')
    })
  }
})

test('the house rules name each folder of lib, and suites that exist', () => {
  const folders = new Set(
    sources().flatMap(({ path }) => [2, 3].map((depth) => path.split('/').slice(0, depth).join('/'))),
  )
  const rooms = [...Object.keys(DOORS), ...Object.keys(SUBROOMS)].map((room) => `lib/${room}`)
  expect(OWN_SUITES.filter((suite) => !folders.has(`test/${suite}`))).toEqual([])
  const inLib = [...folders].filter((path) => path.startsWith('lib/') && !path.endsWith('.ts'))
  expect(inLib.filter((path) => !rooms.includes(path))).toEqual([])
})

test('no stylesheet has more than 250 lines, as no file of code has', () => {
  const styles = sources(['*.css']).map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
  expect(styles.length).toBeGreaterThan(0)
  expect(styles.filter(({ lines }) => lines > 250)).toEqual([])
})

test('no room of lib has more files than it may have', () => {
  expect(crowdedRooms(sources().map(({ path }) => path))).toEqual([])
})

test('crowdedRooms() reports a room with one file too many, and no room that is full', () => {
  const worker = (files: number) => Array.from({ length: files }, (_, n) => `lib/worker/f${n}.ts`)
  expect(crowdedRooms(worker(20))).toEqual([])
  expect(crowdedRooms([...worker(20), 'lib/worker/README.md', 'test/worker/a.ts'])).toEqual([])
  expect(crowdedRooms(worker(21))).toEqual([
    'lib/worker has 21 files, at most 20: merge those that change together',
  ])
})

test('no files of lib import each other in a circle, also not for types', () => {
  expect(circlesIn(sources().filter(({ path }) => path.startsWith('lib/')))).toEqual([])
})

test('circlesIn() finds a circle over three files, one of type imports, and no diamond', () => {
  const diamond = [
    { path: 'lib/a.ts', text: `import './b.ts'\nimport './c/c.ts'` },
    { path: 'lib/b.ts', text: `import type { D } from './d.ts'` },
    { path: 'lib/c/c.ts', text: `export { d } from '../d.ts'` },
  ]
  expect(circlesIn([...diamond, { path: 'lib/d.ts', text: `// from './a.ts'` }])).toEqual([])
  expect(circlesIn([...diamond, { path: 'lib/d.ts', text: `import type { A } from './a.ts'` }])).toEqual([
    ['lib/a.ts', 'lib/b.ts', 'lib/d.ts'],
  ])
})

// Held apart, so that the rule does not find them in its own samples.
const [SKIP, ONLY] = ['skip', 'only']

// A rule that cannot fire protects nothing: each has samples that it must refuse, with the line, and one it must let pass.
const SAMPLES: {
  readonly [name in keyof typeof RULES]: { bad: readonly Sample[]; good: readonly Sample[] }
} = {
  doors: {
    bad: [
      {
        path: 'lib/model/a.ts',
        text: `import { x } from './b.ts'\nimport { y } from '../registry/port.ts'`,
        line: 2,
      },
      { path: 'lib/effects/a.ts', text: `import type { W } from '../worker/worker.ts'`, line: 1 },
      { path: 'lib/local/a.ts', text: `const cdk = await import('../cdk/table.ts')`, line: 1 },
      { path: 'lib/worker/a.ts', text: `export * from '../../functions/worker.ts'`, line: 1 },
      { path: 'lib/index.ts', text: `export {\n  Table,\n} from './cdk/table.ts'`, line: 3 },
      { path: 'functions/worker.ts', text: `import '../test/helpers/a.ts'`, line: 1 },
      { path: 'lib/worker/a.ts', text: `import { s } from '../registry/store/item-store.ts'`, line: 1 },
      { path: 'lib/registry/store/a.ts', text: `import { c } from '../codec/rows.ts'`, line: 1 },
      { path: 'lib/local/a.ts', text: `const cdk = moduleFile(import.meta, '../cdk/table')`, line: 1 },
      { path: 'lib/worker/a.ts', text: `moduleFile(import.meta, \`../../functions/worker\`)`, line: 1 },
    ],
    good: [
      { path: 'lib/worker/a.ts', text: `import { x } from '../registry/port.ts'\n// from '../cdk/table.ts'` },
      {
        path: 'functions/worker.ts',
        text: `import { x } from '../lib/worker/lambda.ts'\nimport v from 'valibot'`,
      },
      { path: 'lib/registry/codec/a.ts', text: `import { s } from '../store/item-store.ts'` },
      { path: 'lib/bundle/a.ts', text: `moduleFile(import.meta, '../../functions/worker')` },
    ],
  },
  'a module is named without its ending': {
    bad: [
      { path: 'lib/local/a.ts', text: `import './b.ts'\nconst GUARD = join(HERE, 'guard.ts')`, line: 2 },
      { path: 'bin/a.ts', text: `spawn(new URL('../lib/worker.ts', import.meta.url))`, line: 1 },
    ],
    good: [
      { path: 'lib/local/a.ts', text: `export { a } from './a.ts'\nawait import('./b.ts') // 'c.ts'` },
      { path: 'lib/local/a.ts', text: `moduleFile(import.meta, './guard')` },
      { path: 'bin/app.ts', text: `join(HERE, 'a.ts')` },
    ],
  },
  'a value has no realm': {
    bad: [
      { path: 'lib/effects/a.ts', text: 'const a = 1\nif (thrown instanceof Error) throw thrown', line: 2 },
      { path: 'lib/effects/a.ts', text: 'return prototype === Object.prototype', line: 1 },
    ],
    good: [
      { path: 'lib/effects/a.ts', text: 'if (error instanceof LeaseholdError) throw error' },
      { path: 'lib/model/realm.ts', text: 'return value instanceof Error' },
    ],
  },
  'time and chance are arguments': {
    bad: [
      { path: 'lib/worker/a.ts', text: `const a = 1\nconst now = Date.now()`, line: 2 },
      { path: 'lib/worker/a.ts', text: `import { randomUUID } from 'node:crypto'`, line: 1 },
      { path: 'lib/effects/a.ts', text: `/* a\n b */ setTimeout(run, 1)`, line: 2 },
      { path: 'functions/a.ts', text: `const at = new Date()`, line: 1 },
      { path: 'functions/processes/a.ts', text: `setTimeout(run, 1)\nMath.random()`, line: 2 },
    ],
    good: [
      {
        path: 'lib/worker/a.ts',
        text: `// Date.now is the system's\nclock.setTimeoutMs('setTimeout', new Date(atMs))`,
      },
      { path: 'lib/host/system.ts', text: `export const now = Date.now` },
    ],
  },
  'a number has its reason': {
    bad: [
      {
        path: 'lib/model/limits.ts',
        text: `/** Why. */\nexport const A_MS = 1\nexport const B_MS = 2`,
        line: 3,
      },
    ],
    good: [
      {
        path: 'lib/model/limits.ts',
        text: `/** Why. */\nexport const A_MS = 1\n/** Why. */\nexport const B_MS = 2`,
      },
    ],
  },
  'a test is named once': {
    bad: [{ path: 'test/a.test.ts', text: `test('a', () => {})\n\n  test('a', () => {})`, line: 3 }],
    good: [{ path: 'test/a.test.ts', text: `test('a', () => {})\ntest("it's b", () => {})\nit('c', run)` }],
  },
  'a test states what is': {
    bad: [{ path: 'test/a.test.ts', text: `test(\n  'a lease should end', () => {})`, line: 1 }],
    good: [{ path: 'test/a.test.ts', text: `test('a lease ends', () => {})` }],
  },
  'every test runs': {
    bad: [
      { path: 'test/a.test.ts', text: `test.${SKIP}('a', () => {})`, line: 1 },
      { path: 'test/a.test.ts', text: `\ndescribe.concurrent.${ONLY}('a', () => {})`, line: 2 },
    ],
    good: [{ path: 'test/a.test.ts', text: `test.each([1])('a', () => {})\nresult.skip()` }],
  },
  'a test stands where its source does': {
    bad: [{ path: 'test/worker/gone.test.ts', text: '', line: 1 }],
    good: [
      { path: 'test/worker/here.test.ts', text: '' },
      { path: 'test/worker/here.takeover.test.ts', text: '' },
      { path: 'test/functions/worker.test.ts', text: '' },
      { path: 'test/e2e/kill.test.ts', text: '' },
    ],
  },
}
const SAMPLE_PATHS = new Set(['lib/worker/here.ts', 'functions/worker.ts'])
type Sample = SourceFile & { readonly line?: number }

test('a clock in the code of a process is answered with what an author has instead', () => {
  const file = { path: 'functions/processes/a.ts', text: 'const at = Date.now()' }
  const [breach] = RULES['time and chance are arguments'].breaches(file)
  expect(breach?.fix).toBe('Date.now: use context.now(), random() or uuid(), or read it in a step')
})

describe('a house rule fires:', () => {
  for (const [name, { bad, good }] of Object.entries(SAMPLES)) {
    const rule: Rule = RULES[name as keyof typeof RULES]
    const linesOf = (sample: Sample) =>
      rule.looksAt(sample.path) ? rule.breaches(sample, SAMPLE_PATHS).map(({ line }) => line) : []

    test(name, () => {
      for (const sample of bad) expect(linesOf(sample), sample.text).toEqual([sample.line])
      for (const sample of good) expect(linesOf(sample), sample.text).toEqual([])
    })
  }
})

/** What git tracks or would track, so that nothing built or installed is looked at. */
function sources(kinds: readonly string[] = ['*.ts', '*.tsx']): SourceFile[] {
  const asked = ['ls-files', '--cached', '--others', '--exclude-standard', ...kinds]
  const listed = execFileSync('git', asked, { cwd: ROOT, encoding: 'utf8' })
  return listed
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}
