import { expect, test } from 'vitest'
import { openerOf } from '../../lib/cli/open-page.ts'

test.each([
  ['darwin', ['open']],
  ['linux', ['xdg-open']],
  ['freebsd', ['xdg-open']],
  ['win32', ['rundll32', 'url.dll,FileProtocolHandler']],
] as const)('openerOf() returns the program that opens an address on %s', (platform, opener) => {
  expect(openerOf(platform)).toEqual(opener)
})
