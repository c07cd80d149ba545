import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doorsOf, REPORTS, writeReports } from '../../.ci/doors.ts'
import { pack, type Packed } from '../../.ci/pack.ts'
import { measurePage, PAGE_MAX_BYTES } from '../../.ci/package-size.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-package-'))
let packed: Packed
let bytes: Uint8Array<ArrayBuffer>
let listed: readonly string[]

beforeAll(() => {
  packed = pack(folder)
  bytes = Uint8Array.from(readFileSync(packed.tarball))
  listed = execFileSync('tar', ['-tzf', packed.tarball], { encoding: 'utf8' })
    .split('\n')
    .map((path) => path.replace(/^package\//u, ''))
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  test('holds code, declarations, maps and sources, and nothing else', () => {
    const kinds = new Set(listed.filter((path) => path.includes('/')).map(kindOf))
    expect([...kinds].toSorted()).toEqual([
      'bin .ts',
      'dist .d.ts',
      'dist .d.ts.map',
      'dist .js',
      'dist .js.map',
      'dist THIRD-PARTY-LICENSES.txt',
      'dist app.css',
      'dist index.html',
      'functions .ts',
      'lib .ts',
      'templates .ts',
      'templates README.md',
      'templates cdk.json',
      'templates gitignore',
      'templates greeting-ann.json',
      'templates pnpm-workspace.yaml',
      'templates tsconfig.project.json',
      'templates workflow.yml',
    ])
    const beside = listed.filter((path) => path !== '' && !path.includes('/'))
    expect(beside.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  test('has each source that a source map names', () => {
    const maps = listed.filter((path) => path.endsWith('.map'))
    const sources = maps.flatMap((path) => {
      const map = JSON.parse(readFileSync(join(packed.folder, path), 'utf8')) as { sources: string[] }
      return map.sources.map((source) => join(dirname(path), source))
    })
    expect(sources.length).toBeGreaterThan(100)
    expect(sources.filter((source) => !listed.includes(source))).toEqual([])
  })

  test('has the page of the console, small enough, and none of its sources', () => {
    const page = listed.filter((path) => path.startsWith('dist/console/'))
    expect(page.toSorted()).toEqual(['app.css', 'app.js', 'index.html'].map((file) => `dist/console/${file}`))
    expect(listed.filter((path) => path.includes('console/app/'))).toEqual([])
    const sizes = measurePage(packed.folder)
    for (const file of ['app.js', 'app.css'] as const) {
      expect(sizes[file]).toBeGreaterThan(500)
      expect(sizes[file]).toBeLessThanOrEqual(PAGE_MAX_BYTES[file])
    }
    const notices = readFileSync(join(packed.folder, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
    expect(notices).toMatch(/^preact \d/mu)
  })

  test('has a command that can be executed', () => {
    const command = join(packed.folder, 'dist/bin/leasehold.js')
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/u)
    expect(statSync(command).mode & 0o111).toBe(0o111)
  })

  test('resolves as Node, bundlers and TypeScript expect', async () => {
    const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true })
    expect(messages).toEqual([])
    const checked = await checkPackage(createPackageFromTarballData(bytes))
    const problems = 'problems' in checked ? checked.problems : undefined
    // ES modules alone: resolution of before `exports` finds none, and `require` gets the ES module.
    expect([...new Set(problems?.map(({ kind }) => kind))].toSorted()).toEqual([
      'CJSResolvesToESM',
      'NoResolution',
    ])
    expect(
      problems?.filter(
        (problem) =>
          problem.kind === 'NoResolution' &&
          problem.resolutionKind !== 'node10' &&
          problem.entrypoint !== './package.json',
      ),
    ).toEqual([])
  })
})

describe('docs/doors', () => {
  test('shows each door as it is declared: run `npm run doors` after a change of the API', () => {
    const reports = join(folder, 'doors')
    mkdirSync(reports)
    expect(writeReports(packed.folder, reports)).toEqual([])
    expect(textsIn(REPORTS)).toEqual(textsIn(reports))
    expect(Object.keys(textsIn(reports))).toHaveLength(doorsOf(packed.folder).length)
  }, 300_000)
})

function kindOf(path: string): string {
  return `${path.split('/')[0]} ${/(?:\.d)?\.[jt]s(?:\.map)?$/u.exec(path)?.[0] ?? basename(path)}`
}

function textsIn(reports: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(reports)
      .toSorted()
      .map((name) => [name, readFileSync(join(reports, name), 'utf8')]),
  )
}
