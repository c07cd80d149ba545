import { describe, expect, test } from 'vitest'
import { UsageError } from '../../lib/cli/errors.ts'
import { chooseTarget, shownTarget, type Surroundings } from '../../lib/cli/target.ts'

const API = 'https://a.execute-api.eu-west-1.amazonaws.com'
const DEV = { path: '/p/.leasehold/dev.json', file: { v: 1, pid: 1, api: 'http://127.0.0.1:1' } } as const
const ALL: Surroundings = {
  env: { LEASEHOLD_STACK: 'of-env' },
  devFile: DEV,
  config: { path: '/p/package.json', config: { stack: 'of-config', region: 'eu-west-1' } },
}
const NONE: Surroundings = { env: {}, devFile: undefined, config: undefined }

describe('chooseTarget()', () => {
  test.each([
    [{ local: true }, ALL, { kind: 'local', by: '--local', url: 'http://127.0.0.1:1', auth: 'none' }],
    [{ stack: 's' }, ALL, { kind: 'stack', by: '--stack', stack: 's' }],
    [{ api: API }, ALL, { kind: 'api', by: '--api', url: API }],
    [{}, ALL, { kind: 'stack', by: 'LEASEHOLD_STACK', stack: 'of-env' }],
    [{}, { ...ALL, env: { LEASEHOLD_API: API } }, { kind: 'api', by: 'LEASEHOLD_API', url: API }],
    [{}, { ...ALL, env: {} }, { kind: 'local', by: DEV.path, url: DEV.file.api, auth: 'none' }],
    [
      { region: 'us-east-1' },
      { ...ALL, env: {}, devFile: undefined },
      { kind: 'stack', by: '/p/package.json', stack: 'of-config', region: 'us-east-1' },
    ],
  ] as const)('chooses the first that is named: %#', (named, surroundings, target) => {
    expect(chooseTarget(named, surroundings)).toEqual(target)
  })

  test.each([
    [{}, NONE, 'no target'],
    [{ local: true }, NONE, 'leasehold dev'],
    [{ local: true, stack: 's' }, ALL, '--local and --stack name two targets'],
    [{}, { ...NONE, env: { LEASEHOLD_STACK: 's', LEASEHOLD_API: API } }, 'LEASEHOLD_STACK and LEASEHOLD_API'],
    [{ api: 'file:///etc' }, NONE, 'expected a URL'],
  ] as const)('refuses what names none or two: %#', (named, surroundings, says) => {
    expect(() => chooseTarget(named, surroundings)).toThrow(UsageError)
    expect(() => chooseTarget(named, surroundings)).toThrow(says)
  })
})

test('shownTarget() names stack, Region, profile and what named them', () => {
  const target = chooseTarget({ stack: 's', region: 'eu-west-1', profile: 'ops' }, NONE)
  expect(shownTarget(target)).toBe('stack s (eu-west-1, profile ops, --stack)')
})
