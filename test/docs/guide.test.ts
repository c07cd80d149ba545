import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const GUIDE = 'docs/guide'
const pages = globSync(`${GUIDE}/*.md`, { cwd: ROOT }).toSorted()
const snippets = globSync(`${GUIDE}/snippets/*.ts`, { cwd: ROOT }).toSorted()

/** A marker, and the code under it: `<!-- snippets/steps.ts#charge -->`. Paths are from the page's folder. */
const INCLUDED = /^<!-- (\S+\.ts)#([\w-]+) -->\n```ts\n([\s\S]*?)^```$/gm
const LINK = /\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)/g

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
  const text = read(page)
  const included = [...text.matchAll(INCLUDED)].map(([, path = '', name = '', code = '']) => ({
    path,
    name,
    code,
  }))

  describe(page, () => {
    test.each(included)('shows $path#$name as it is', ({ path, name, code }) => {
      expect(code).toBe(regionOf(read(`${GUIDE}/${path}`), name))
    })

    test('has no TypeScript that is not included from a file', () => {
      expect(text.match(/^```ts$/gm) ?? []).toHaveLength(included.length)
    })

    test('links to files that are there', () => {
      const targets = [...text.matchAll(LINK)].map(([, target = '']) => join(GUIDE, target))
      expect(targets.filter((target) => globSync(target, { cwd: ROOT }).length === 0)).toEqual([])
    })

    test('shows its own code, lists what is guaranteed and what not, and draws a failure', () => {
      if (basename(page) === 'index.md') return
      expect(included.length).toBeGreaterThan(0)
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
      pages.flatMap((page) => [...read(page).matchAll(INCLUDED)].map(([, path, name]) => `${path}#${name}`)),
    )
    const regions = snippets.flatMap((path) =>
      [...read(path).matchAll(/\/\/ #region ([\w-]+)/g)].map(
        ([, name]) => `snippets/${basename(path)}#${name}`,
      ),
    )
    expect(regions.filter((region) => !shown.has(region))).toEqual([])
  })
})

/** The lines between a region's marks, moved to the left as one. */
function regionOf(source: string, name: string): string {
  const lines = source.split('\n')
  const first = lines.findIndex((line) => line.trim() === `// #region ${name}`)
  const length = lines.slice(first).findIndex((line) => line.trim() === '// #endregion')
  if (first < 0 || length < 0) return `no region ${name}`
  const inside = lines.slice(first + 1, first + length)
  const indent = Math.min(...inside.filter((line) => line !== '').map((line) => line.search(/\S/)))
  return inside.map((line) => `${line.slice(indent)}\n`).join('')
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
