import { expect, test } from 'vitest'
import { welcome } from '../../../lib/cli/dev/welcome.ts'
import { SCOPES } from '../../../lib/api/route.ts'
import type { LocalStack } from '../../../lib/local/stack.ts'

const STACK = {
  apiUrl: 'http://127.0.0.1:1',
  timings: { leaseTtlMs: 6_000 },
  workerPids: () => [7],
} as unknown as LocalStack
const said = (apiAuth: 'none' | 'iam' | 'jwt') =>
  welcome(STACK, { tookMs: 1, dataDir: undefined, apiAuth, brief: false })

test('the requests that it prints carry what the API asks for', () => {
  const curls = (text: string) =>
    text.split('\n').filter((line) => line.includes('curl') && line.includes('/v1/'))
  expect(curls(said('none')).every((line) => /curl -s '?http/u.test(line))).toBe(true)
  expect(curls(said('iam')).every((line) => line.includes('--user local:local'))).toBe(true)
  expect(curls(said('jwt')).every((line) => line.includes('Bearer $TOKEN'))).toBe(true)
  expect(curls(said('jwt'))).toHaveLength(2)
})

test('the token that it prints has every scope', () => {
  const [, payload = ''] = /TOKEN=[\w-]+\.([\w-]+)\./u.exec(said('jwt')) ?? []
  const { scope } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { scope: string }
  expect(scope.split(' ')).toEqual(SCOPES.map((each) => `leasehold/${each}`))
})
