import { describe, expect, test } from 'vitest'
import { consoleTargetOf } from '../../lib/cli/console-target.ts'

const OWN = { write: false, versions: { console: '1.0.0' } }
const LOCAL = { kind: 'local', by: '--local', url: 'http://127.0.0.1:1', auth: 'none' } as const
const STACK = { kind: 'stack', by: '--stack', stack: 'orders', region: 'eu-west-1' } as const
const API = { kind: 'api', by: '--api', url: 'https://a.example/x?y=1&z=2', profile: "Ann's" } as const

describe('consoleTargetOf()', () => {
  test('lets the console change a local stack, and shows its values', () => {
    expect(consoleTargetOf(LOCAL, OWN)).toEqual({
      name: 'local stack',
      kind: 'local',
      writes: true,
      valuesHidden: false,
      options: '--local',
      versions: { console: '1.0.0' },
    })
  })

  test.each([STACK, API, { ...API, url: 'http://127.0.0.1:1' }])(
    'only reads from $by and hides its values, also when it is reached over loopback',
    (target) => {
      expect(consoleTargetOf(target, OWN)).toMatchObject({
        kind: 'deployed',
        writes: false,
        valuesHidden: true,
      })
      expect(consoleTargetOf(target, { ...OWN, write: true })).toMatchObject({
        writes: true,
        valuesHidden: true,
      })
    },
  )

  test('names the target by options that a shell takes', () => {
    expect(consoleTargetOf(STACK, OWN).options).toBe('--stack orders --region eu-west-1')
    expect(consoleTargetOf(API, OWN).options).toBe(
      String.raw`--api 'https://a.example/x?y=1&z=2' --profile 'Ann'\''s'`,
    )
  })

  test('takes the Region where the stack was found before the one that was typed', () => {
    expect(consoleTargetOf(STACK, { ...OWN, region: 'us-east-1' }).region).toBe('us-east-1')
    expect(consoleTargetOf(STACK, OWN).region).toBe('eu-west-1')
    expect(consoleTargetOf(LOCAL, OWN).region).toBeUndefined()
  })
})
