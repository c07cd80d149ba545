import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

test('the threat model names every file of fuzz and security tests there is', () => {
  const rooms = ['fuzz', 'security']
  const paths = rooms.flatMap((room) =>
    readdirSync(join(ROOT, 'test', room)).map((file) => `${room}/${file.replace('.test.ts', '')}`),
  )
  expect(paths.length).toBeGreaterThan(8)
  expect(paths.filter((path) => !PAGE.includes(`\`${path}\``))).toEqual([])
})
