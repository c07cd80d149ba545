import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { warnOfUnknownVariables } from '../../lib/host/environment.ts'

function warned(env: Record<string, string>): readonly unknown[] {
  const facts: unknown[] = []
  warnOfUnknownVariables(env, { warn: (_message, fact) => void facts.push(fact) })
  return facts
}

test('a misspelt variable is named with the one that was meant', () => {
  expect(warned({ LEASEHOLD_LEASE_TTL: '5', LEASEHOLD_CONCURENCY: '2', PATH: '/bin' })).toEqual([
    { name: 'LEASEHOLD_LEASE_TTL', hint: 'did you mean LEASEHOLD_LEASE_TTL_MS?' },
    { name: 'LEASEHOLD_CONCURENCY', hint: 'did you mean LEASEHOLD_CONCURRENCY?' },
  ])
})

test('no variable that this package reads or sets is unknown', () => {
  const args = ['grep', '-ohE', 'LEASEHOLD_[A-Z_]+', '--', 'lib', 'functions', 'bin']
  const names = execFileSync('git', args, { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== 'LEASEHOLD_')
  expect(names.length).toBeGreaterThan(50)
  expect(warned(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([])
})
