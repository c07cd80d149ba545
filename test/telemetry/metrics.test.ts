import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METRICS } from '../../lib/telemetry/metrics.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/telemetry.md'), 'utf8')
const code = globSync('lib/**/*.ts', { cwd: ROOT })
  .filter((path) => !path.startsWith('lib/telemetry/metrics'))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n')

test('docs/telemetry.md has the metrics of the library, with unit, function and meaning', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (\w+) \| (.*) \|$/gmu)].map(
    ([, name = '', unit, from, meaning]) => [name, { unit, from, meaning }],
  )
  expect(Object.fromEntries(rows)).toEqual(METRICS)
})

describe('the library tells', () => {
  test.each(Object.entries(METRICS))('%s', (name, { unit }) => {
    const call = unit === 'Count' ? 'count' : 'measure'
    const direct = new RegExp(`${call}\\((?:[^()]*\\? )?'${name}'|: '${name}'`, 'u')
    expect(code).toMatch(direct)
  })
})
