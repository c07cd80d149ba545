import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** A marker, and the code under it: `<!-- code/a.ts -->` or `<!-- code/a.ts#region -->`, as seen from the page's folder. */
const INCLUDED = /^<!-- (\S+\.ts)(?:#([\w-]+))? -->\n```ts\n([\s\S]*?)^```$/gm
const LINK = /\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)/g

/** Code that a page shows: a whole file, or one region of it. */
export type Included = { readonly path: string; readonly region: string | undefined; readonly code: string }

export function includedIn(page: string): readonly Included[] {
  return [...page.matchAll(INCLUDED)].map(([, path = '', region, code = '']) => ({ path, region, code }))
}

/** Registers the tests of a page in `folder`: its code is that of its files, and its links lead to files. */
export function testPage(folder: string, page: string): void {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const included = includedIn(text)

  test.each(included)('shows $path#$region as it is', ({ path, region, code }) => {
    const source = readFileSync(join(ROOT, folder, path), 'utf8')
    expect(code).toBe(region === undefined ? source : regionOf(source, region))
  })

  test('has no TypeScript that is not included from a file', () => {
    expect(text.match(/^```ts$/gm) ?? []).toHaveLength(included.length)
  })

  test('links to files that are there', () => {
    const targets = [...text.matchAll(LINK)].map(([, target = '']) => join(folder, target))
    expect(targets.filter((target) => globSync(target, { cwd: ROOT }).length === 0)).toEqual([])
  })
}

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
