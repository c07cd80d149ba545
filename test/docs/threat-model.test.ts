import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')

test('the threat model names no test that is not there', () => {
  const named = [...PAGE.matchAll(/`((?:[a-z0-9-]+\/)+[\w.-]+)`/gu)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(20)
  const missing = named.filter(
    (path) => !['', '.test.ts', '.ts'].some((end) => existsSync(join(ROOT, 'test', `${path}${end}`))),
  )
  expect(missing).toEqual([])
})

test('the threat model names every file of fuzz and security tests that it can lean on', () => {
  for (const path of ['fuzz/api', 'fuzz/items', 'fuzz/messages', 'fuzz/names', 'fuzz/values'])
    expect(PAGE).toContain(`\`${path}\``)
  for (const path of ['security/canaries', 'security/dependencies', 'security/roles'])
    expect(PAGE).toContain(`\`${path}\``)
})
