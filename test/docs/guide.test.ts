import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { includedIn, testPage } from '../helpers/snippet-pages.ts'

const ROOT = join(import.meta.dirname, '../..')
const GUIDE = 'docs/guide'
const pages = globSync(`${GUIDE}/*.md`, { cwd: ROOT }).toSorted()
const snippets = globSync(`${GUIDE}/snippets/*.ts`, { cwd: ROOT }).toSorted()

/** What each page has to have: the effects and topics of a process. */
const TOPICS = [
  'callbacks',
  'cancellation',
  'changing-code',
  'children',
  'client',
  'dev-loop',
  'events',
  'execution-options',
  'first-process',
  'hosts',
  'parallel',
  'payloads',
  'signals',
  'sleeping',
  'steps',
  'testing',
]

test('the guide has a page for each topic, and an index that links to each', () => {
  expect(pages.map((path) => basename(path, '.md'))).toEqual([...TOPICS, 'index'].toSorted())
  for (const topic of TOPICS) expect(read(`${GUIDE}/index.md`)).toContain(`(${topic}.md)`)
})

for (const page of pages) {
  describe(page, () => {
    testPage(GUIDE, page)

    test('shows its own code, lists what is guaranteed and what not, and draws a failure', () => {
      if (basename(page) === 'index.md') return
      const text = read(page)
      expect(includedIn(text).length).toBeGreaterThan(0)
      expect(text).toMatch(/^## What is guaranteed$/m)
      expect(text).toMatch(/^## What is not$/m)
      expect(text).toContain('```mermaid\nsequenceDiagram\n')
    })
  })
}

describe('a snippet', () => {
  test.each(snippets)('%s runs, and what it asserts holds', async (path) => {
    const module = (await import(pathToFileURL(join(ROOT, path)).href)) as { check(): Promise<void> }
    await module.check()
  })

  test('stands on some page, region by region', () => {
    const shown = new Set(
      pages.flatMap((page) => includedIn(read(page)).map(({ path, region }) => `${path}#${region}`)),
    )
    const regions = snippets.flatMap((path) =>
      [...read(path).matchAll(/\/\/ #region ([\w-]+)/g)].map(
        ([, name]) => `snippets/${basename(path)}#${name}`,
      ),
    )
    expect(regions.filter((region) => !shown.has(region))).toEqual([])
  })
})

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
