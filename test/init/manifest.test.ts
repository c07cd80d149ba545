import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nameIssue, newManifest } from '../../lib/init/manifest.ts'
import { ownManifest } from '../../lib/init/project-files.ts'

const ROOT = join(import.meta.dirname, '../..')

test.each(['shop', '@acme/shop', 'a-b_c.d~e', '-x', '7'])('nameFlaw() takes %s', (name) => {
  expect(nameIssue(name)).toBeUndefined()
})

test.each([
  '',
  'Shop',
  'my shop',
  '.shop',
  '_shop',
  'a/b',
  '@acme/',
  'größe',
  'node_modules',
  'x'.repeat(215),
])('nameFlaw() refuses %j', (name) => {
  expect(nameIssue(name)).toEqual(expect.any(String))
})

test('newManifest() has a version for every package', () => {
  const { dependencies, devDependencies } = newManifest('shop', ownManifest(ROOT))
  const versions = Object.values({ ...(dependencies as object), ...(devDependencies as object) })
  expect(versions.length).toBeGreaterThan(8)
  for (const version of versions) expect(version).toMatch(/\d+\.\d+\.\d+/u)
})

test('create-leasehold has the version of the package, and depends on exactly that', () => {
  const { version } = ownManifest(ROOT)
  const creator = ownManifest(join(ROOT, 'packages/create-leasehold'))
  expect({ version: creator.version, depends: creator.dependencies['leasehold'] }).toEqual({
    version,
    depends: version,
  })
})
