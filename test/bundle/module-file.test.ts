import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moduleFile } from '../../lib/bundle/module-file.ts'

test('moduleFile() returns TypeScript when a source asks', () => {
  expect(moduleFile(import.meta, '../local/guard')).toBe(join(import.meta.dirname, '../local/guard.ts'))
})

test('moduleFile() returns JavaScript when a compiled module asks', () => {
  const asking = { dirname: '/app/dist/lib/local', filename: '/app/dist/lib/local/sqs.js' }
  expect(moduleFile(asking, './sqs-server')).toBe(join('/app/dist/lib/local/sqs-server.js'))
})
