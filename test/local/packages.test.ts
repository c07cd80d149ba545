import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PackageMissing } from '../../lib/local/errors.ts'
import { findDynamoDbLocal, findPackages } from '../../lib/local/packages.ts'

test('findPackages() finds what the local stack needs in a checkout', () => {
  expect(() => findPackages()).not.toThrow()
})

test('findPackages() names all missing packages and the command that installs them', () => {
  const find = () => findPackages(['leasehold-absent', 'esbuild', '@leasehold/absent'])
  expect(find).toThrow(PackageMissing)
  expect(find).toThrow('npm install --save-dev leasehold-absent @leasehold/absent')
})

test('findDynamoDbLocal() returns the file that describes the package', () => {
  expect(existsSync(findDynamoDbLocal())).toBe(true)
})

test('findDynamoDbLocal() says how to use another DynamoDB Local when the package is missing', () => {
  expect(() => findDynamoDbLocal('leasehold-absent')).toThrow(PackageMissing)
  expect(() => findDynamoDbLocal('leasehold-absent')).toThrow('LEASEHOLD_DYNAMODB_ENDPOINT=')
})
