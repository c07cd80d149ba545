import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

// What the lock says of every package that is installed, checked without a network. Advisories are another matter: CI asks
// the registry for them (.ci/audit.ts).

type Locked = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly inBundle?: boolean
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly deprecated?: string
}
type Package = {
  readonly dependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
  readonly optionalDependencies: Record<string, string>
  readonly overrides: Record<string, unknown>
  readonly workspaces: readonly string[]
  readonly allowScripts: Record<string, boolean>
}

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const own = JSON.parse(read('package.json')) as Package
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
/** This repository's own packages, and npm's links to them: no download stands behind either. */
const OURS = new Set(own.workspaces.map((folder) => (folder === '.' ? '' : folder)))
const isOurs = (path: string, { link, resolved = '?' }: Locked): boolean =>
  OURS.has(path) || (link === true && OURS.has(resolved))
const locked = Object.entries(packages).filter(([path, facts]) => !isOurs(path, facts))

/** Licences that ask for no more than their own text, or a choice with one of those in it. */
const FREE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']
/** Of tools only, which are never deployed or given away: file-wise copyleft, and a newer text of the same kind. */
const TOOLS = [...FREE, 'BlueOak-1.0.0', 'MPL-2.0', '(MIT OR GPL-3.0-or-later)']

/** What breaks a rule, as one line each, so that a failure names all of it. */
const RULES: { readonly [rule: string]: (path: string, facts: Locked) => boolean } = {
  // What a package carries inside is covered by the package's own hash.
  'has a hash that its download must match': (_, { integrity, inBundle }) =>
    inBundle === true || /^sha512-[A-Za-z0-9+/]{86}==$/u.test(integrity ?? ''),
  'comes from a registry over TLS, never from git, a link or a file': (_, { resolved, link }) =>
    link !== true && (resolved === undefined || /^https:\/\/[^/]*registry/u.test(resolved)),
  'has an exact version': (_, { version }) => /^\d+\.\d+\.\d+(-[\w.]+)?$/u.test(version ?? ''),
  'runs no script when it is installed, but for those allowed by name': (path, { hasInstallScript }) =>
    hasInstallScript !== true || own.allowScripts[nameOf(path)] === true,
  'is not deprecated': (_, { deprecated }) => deprecated === undefined,
  'has a licence that we may use': (_, { license, dev, optional }) =>
    (dev === true || optional === true ? TOOLS : FREE).includes(license ?? ''),
}

describe('every package of the lock', () => {
  for (const [rule, keeps] of Object.entries(RULES))
    test(rule, () => {
      expect(locked.filter(([path, facts]) => !keeps(path, facts)).map(([path]) => path)).toEqual([])
    })

  test('is looked at: there are some, deployed ones and tools', () => {
    expect(locked.filter(([, { dev }]) => dev !== true).length).toBeGreaterThan(20)
    expect(locked.filter(([, { dev }]) => dev === true).length).toBeGreaterThan(50)
  })
})

const BAD: readonly [string, string, Locked][] = [
  ['has a hash that its download must match', 'node_modules/a', { integrity: 'sha1-abc' }],
  [
    'comes from a registry over TLS, never from git, a link or a file',
    'node_modules/a',
    { resolved: 'git+ssh://git@host/a.git' },
  ],
  [
    'comes from a registry over TLS, never from git, a link or a file',
    'node_modules/a',
    { resolved: 'http://registry/a.tgz' },
  ],
  ['comes from a registry over TLS, never from git, a link or a file', 'node_modules/a', { link: true }],
  ['has an exact version', 'node_modules/a', { version: '^1.0.0' }],
  [
    'runs no script when it is installed, but for those allowed by name',
    'node_modules/a',
    { hasInstallScript: true },
  ],
  ['is not deprecated', 'node_modules/a', { deprecated: 'use b' }],
  ['has a licence that we may use', 'node_modules/a', { license: 'MPL-2.0' }],
  ['has a licence that we may use', 'node_modules/a', { license: 'AGPL-3.0', dev: true }],
  ['has a licence that we may use', 'node_modules/a', {}],
]
test.each(BAD)('the rule "%s" fires on %s %o', (rule, path, facts) => {
  expect(RULES[rule]?.(path, facts)).toBe(false)
})

describe('package.json', () => {
  const lockedAt = (name: string): string => packages[`node_modules/${name}`]?.version ?? 'none'

  test('asks for exact versions of its tools, each of which the lock has', () => {
    for (const [name, version] of Object.entries({ ...own.devDependencies, ...own.optionalDependencies })) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/u)
      expect(lockedAt(name)).toBe(version)
    }
  })

  test('asks for dependencies by a range within one major version, which the lock keeps to', () => {
    for (const [name, range] of Object.entries(own.dependencies)) {
      expect(`${name} ${range}`).toMatch(/ \^\d+\.\d+\.\d+$/u)
      expect(isInRange(lockedAt(name), range), `${name} ${range}: the lock has ${lockedAt(name)}`).toBe(true)
    }
  })

  test.each([
    ['1.2.3', '^1.2.3', true],
    ['1.10.0', '^1.2.3', true],
    ['2.0.0', '^1.2.3', false],
    ['1.2.2', '^1.2.3', false],
    ['none', '^1.2.3', false],
  ])('isInRange() of %s in %s returns %s', (version, range, expected) => {
    expect(isInRange(version, range)).toBe(expected)
  })

  test('a link leads to a workspace of ours, and to nothing else', () => {
    expect(isOurs('node_modules/a', { link: true, resolved: '.ci/node' })).toBe(true)
    expect(isOurs('node_modules/a', { link: true, resolved: '../elsewhere' })).toBe(false)
    expect(isOurs('node_modules/a', { link: true })).toBe(false)
  })

  test('overrides with exact versions of the registry only', () => {
    const values = Object.values(own.overrides).flatMap((each) =>
      typeof each === 'object' && each !== null ? Object.values(each) : [each],
    )
    for (const value of values)
      expect(value).toMatch(/^(npm:[@\w/-]+@\d+\.\d+\.\d+|\$[@\w/-]+|\d+\.\d+\.\d+)$/u)
  })

  test('allows no install script of a package that is not there', () => {
    for (const name of Object.keys(own.allowScripts))
      expect(packages).toHaveProperty([`node_modules/${name}`])
  })
})

test('the AWS clients share one core: a second would be in every bundle, and sign by other rules', () => {
  for (const name of ['@aws-sdk/core', '@smithy/core', '@smithy/types', '@smithy/signature-v4']) {
    const copies = locked.filter(([path]) => nameOf(path) === name)
    expect(copies.map(([path, { version }]) => `${path} ${version}`)).toHaveLength(1)
  }
})

test('installation refuses scripts and loose versions by its own settings too', () => {
  expect(read('.npmrc').split('\n')).toEqual(
    expect.arrayContaining(['save-exact=true', 'strict-allow-scripts=true']),
  )
})

/** Whether a version is of the range `^a.b.c`. */
function isInRange(version: string, range: string): boolean {
  const [major = Number.NaN, minor = 0, patch = 0] = version.split('.').map(Number)
  const [least = 0, leastMinor = 0, leastPatch = 0] = range.slice(1).split('.').map(Number)
  if (major !== least || minor < leastMinor) return false
  return minor > leastMinor || patch >= leastPatch
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
