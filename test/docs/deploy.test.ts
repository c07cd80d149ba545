import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DurableProcesses, PROP_DEFAULTS } from '../../lib/cdk/index.ts'
import { PROPS } from '../../lib/cdk/checked-props.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8')
/** Rows of the table of props: name and default. */
const rows = new Map(
  [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|[^|]*\|[^|]*\|$/gmu)].map(([, name = '', shown = '']) => [
    name,
    shown,
  ]),
)

test('docs/deploy.md has each prop of the construct, and no other', () => {
  expect([...rows.keys()].toSorted()).toEqual(Object.keys(PROPS).toSorted())
})

test('docs/deploy.md tells each default as it is', () => {
  for (const [name, value] of Object.entries(PROP_DEFAULTS))
    expect([name, rows.get(name)]).toEqual([name, typeof value === 'string' ? `'${value}'` : String(value)])
})

test('docs/deploy.md names the methods of the construct', () => {
  const methods = Object.getOwnPropertyNames(DurableProcesses.prototype).filter((name) =>
    /^(grant|add|metric)/u.test(name),
  )
  expect(methods.filter((name) => !new RegExp(`\`${name}[\`(]`, 'u').test(page))).toEqual([])
})
