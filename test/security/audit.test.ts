import { expect, test } from 'vitest'
import { judge } from '../../.ci/audit.ts'

const counted = (high: number, critical: number, vulnerabilities: object = {}) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: { vulnerabilities: { low: 3, high, critical } },
  })

test('an answer without grave advisories is clean, whatever lesser ones there are', () => {
  expect(judge(counted(0, 0))).toEqual({
    outcome: 'clean',
    says: 'audit: no advisory of level high or critical',
  })
})

test.each([
  [1, 0],
  [0, 1],
])('%i high and %i critical is a finding that names the package', (high, critical) => {
  const verdict = judge(counted(high, critical, { 'left-pad': { severity: 'high' } }))
  expect(verdict).toEqual({
    outcome: 'findings',
    says: 'AUDIT FAILED: 1 of level high or critical, in left-pad',
  })
})

const NO_ANSWER: readonly [string, string, RegExp][] = [
  [
    'a registry without the endpoint',
    '{ "message": "405 Method Not Allowed", "statusCode": 405 }',
    /405 Method/u,
  ],
  [
    'a name that does not resolve',
    '{ "error": { "code": "ENOTFOUND", "summary": "request failed" } }',
    /request failed/u,
  ],
  ['nothing at all', '', /no answer that can be read/u],
  ["a proxy's page", '<html>', /no answer that can be read/u],
  ['a report without counts', '{ "vulnerabilities": {} }', /no answer that can be read/u],
  ['a report with half its counts', '{ "metadata": { "vulnerabilities": { "high": 0 } } }', /no answer/u],
]

test.each(NO_ANSWER)('%s is no audit, and is not told as one without findings', (_, printed, reason) => {
  const verdict = judge(printed)
  expect(verdict.outcome).toBe('not done')
  expect(verdict.says).toMatch(/^AUDIT NOT DONE: nothing is known/u)
  expect(verdict.says).toMatch(reason)
})
