import { expect, test } from 'vitest'
import {
  bootstrapCheck,
  clockCheck,
  nodeCheck,
  quotaCheck,
  versionCheck,
} from '../../lib/cli/doctor-checks.ts'

const AT = Date.parse('2026-11-28T12:00:00Z')
const DATE = 'Sat, 28 Nov 2026 12:00:00 GMT'

test.each([
  [nodeCheck('22.4.0'), 'problem'],
  [nodeCheck('24.0.1'), 'ok'],
  [versionCheck('1.0.0', '1.0.1'), 'problem'],
  [versionCheck('1.0.0', '1.0.0'), 'ok'],
  [versionCheck('1.0.0', undefined), 'unknown'],
  [clockCheck(DATE, AT, AT + 900), 'ok'],
  [clockCheck(DATE, AT - 90_000, AT - 80_000), 'problem'],
  [clockCheck(DATE, AT + 80_000, AT + 90_000), 'problem'],
  [clockCheck(null, AT, AT), 'unknown'],
  [quotaCheck(10), 'problem'],
  [quotaCheck(1_000), 'ok'],
  [bootstrapCheck(undefined), 'problem'],
  [bootstrapCheck('21'), 'ok'],
])('a check of doctor comes to its state: %j is %s', (check, state) => {
  expect(check.state).toBe(state)
})
