import { createRequire } from 'node:module'
import { PackageMissing } from './errors.ts'

/** Optional peers of the package: a worker needs none of them, so an install brings them only on request. */
const NEEDED = ['esbuild', 'fauxqs', '@aws-sdk/client-dynamodb-streams']

/** Throws `PackageMissing`, which names all that are missing, so that one install is enough. */
export function findPackages(needed: readonly string[] = NEEDED): void {
  const packages = needed.filter((name) => !isInstalled(name))
  if (packages.length > 0) throw new PackageMissing({ packages })
}

/** The package that holds DynamoDB Local, by the file that describes it. */
export function findDynamoDbLocal(name = 'amplify-dynamodb-simulator'): string {
  try {
    return createRequire(import.meta.url).resolve(`${name}/package.json`)
  } catch (error) {
    if (!isMissing(error)) throw error
    const otherwise =
      'or bring a DynamoDB Local of your own: LEASEHOLD_DYNAMODB_ENDPOINT=http://127.0.0.1:8000'
    throw new PackageMissing({ packages: [name], otherwise }, error)
  }
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch (error) {
    // A package without an entry for require is there all the same.
    return !isMissing(error)
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'MODULE_NOT_FOUND'
}
