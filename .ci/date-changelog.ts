import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Part of `npm run release:version`: gives what is under Unreleased the new version and its date, and begins a new, empty Unreleased.

const HEADING = '## Unreleased\n'

/** The changelog of a release. Throws if nothing is under Unreleased: there would be nothing to tell. */
export function dated(changelog: string, { version, day }: { version: string; day: string }): string {
  const [before, after, ...more] = changelog.split(HEADING)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('CHANGELOG.md must have one heading "## Unreleased"')
  if (!/^- /mu.test(after.split(/^## /mu)[0] ?? ''))
    throw new Error('CHANGELOG.md has nothing under Unreleased: write what the release changes for users')
  return `${before}${HEADING}\n## ${version} (${day})\n${after}`
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const file = join(root, 'CHANGELOG.md')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const day = new Date().toISOString().slice(0, 10)
  writeFileSync(file, dated(readFileSync(file, 'utf8'), { version, day }))
}
