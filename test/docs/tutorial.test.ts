import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readHistory, replayHistory } from 'leasehold/testing'
import { describe, expect, test } from 'vitest'
import { order as before } from '../../docs/tutorial/code/8/src/processes/before.ts'
import { order as careless } from '../../docs/tutorial/code/8/src/processes/careless.ts'
import { order as mended } from '../../docs/tutorial/code/8/src/processes/order.ts'
import { includedIn, testPage } from '../helpers/snippet-pages.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDERS = ['docs/tutorial', 'docs/migrate']
const pages = FOLDERS.flatMap((folder) => globSync(`${folder}/*.md`, { cwd: ROOT })).toSorted()

describe.each(pages)('%s', (page) => {
  testPage(dirname(page), page)
})

test('the tutorial has nine chapters, and each but the last links to the next', () => {
  const chapters = pages.filter((page) => /^\d-/.test(basename(page))).map((page) => basename(page))
  expect(chapters.map((name) => name.slice(0, 1)).join('')).toBe('123456789')
  for (const [index, next] of chapters.slice(1).entries())
    expect(read(`docs/tutorial/${chapters[index]}`)).toContain(`(${next})`)
})

test('each file of the tutorial stands on a page, or hands on one that does', () => {
  const shown = new Set(
    pages.flatMap((page) => includedIn(read(page)).map(({ path }) => join(dirname(page), path))),
  )
  const files = globSync('docs/tutorial/code/**/*.ts', { cwd: ROOT })
  const handsOn = (path: string): boolean => /^export \{.*\} from '.*'\n$/.test(read(path))
  expect(files.filter((path) => !shown.has(path) && !handsOn(path))).toEqual([])
})

// One process of Node for all of them: the runner that the pages tell a newcomer to use.
test('the tests on the pages pass', async () => {
  const tests = FOLDERS.flatMap((folder) => globSync(`${folder}/code/**/*.test.ts`, { cwd: ROOT }))
  const options = ['--conditions=@leasehold/source', '--test', '--test-isolation=none', '--test-reporter=tap']
  const { stdout } = await promisify(execFile)(process.execPath, [...options, ...tests], { cwd: ROOT })
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(tests.length)
})

test.each([
  { code: 'from before the change', definition: before, verdict: 'frontier' },
  { code: 'with a step in front', definition: careless, verdict: 'diverges' },
  { code: 'with `patched`', definition: mended, verdict: 'frontier' },
] as const)(
  'replayHistory() of chapter 8 returns $verdict for code $code',
  async ({ definition, verdict }) => {
    const path = 'docs/tutorial/code/8/test/histories/order-10.json'
    expect(await replayHistory(readHistory(read(path), path), { definitions: [definition] })).toMatchObject({
      verdict,
    })
  },
)

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
