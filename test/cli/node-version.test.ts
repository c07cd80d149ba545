import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFlaw } from '../../lib/cli/node-version.ts'

const MANIFEST = join(import.meta.dirname, '../../package.json')

test.each(['v24.0.0', 'v24.21.0', 'v30.1.0'])('nodeFlaw() takes %s', (version) => {
  expect(nodeFlaw(version)).toBeUndefined()
})

test('nodeFlaw() says which Node is needed, and which there is', () => {
  expect(nodeFlaw('v20.20.2')).toMatch(
    /^leasehold needs Node 24 or later, and this is v20\.20\.2\. Install it, or run: npx /,
  )
  const { engines } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { engines: { node: string } }
  expect(engines.node).toBe('>=24')
})
