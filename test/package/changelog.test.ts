import { expect, test } from 'vitest'
import { dated } from '../../.ci/date-changelog.ts'

const release = { version: '1.2.0', day: '2026-12-01' }

test('a release dates what is under Unreleased and begins a new one', () => {
  const before = '# Changelog\n\n## Unreleased\n\n- Faster.\n\n## 1.1.0 (2026-11-01)\n\n- Smaller.\n'
  expect(dated(before, release)).toBe(
    '# Changelog\n\n## Unreleased\n\n## 1.2.0 (2026-12-01)\n\n- Faster.\n\n## 1.1.0 (2026-11-01)\n\n- Smaller.\n',
  )
})

test('a release is refused when nothing is under Unreleased', () => {
  expect(() => dated('## Unreleased\n\n## 1.1.0 (2026-11-01)\n\n- Smaller.\n', release)).toThrow(
    'nothing under Unreleased',
  )
})

test('a release is refused when the changelog has no Unreleased', () => {
  expect(() => dated('## 1.1.0 (2026-11-01)\n\n- Smaller.\n', release)).toThrow('one heading')
})
