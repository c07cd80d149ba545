import { findJava } from '../../lib/local/dynamodb-local.ts'
import { JavaMissing } from '../../lib/local/errors.ts'
import type { StoreName } from '../../lib/local/store.ts'

/** These files compare with DynamoDB Local itself, or test how it runs. Without Java they have nothing to test. */
export const OF_DYNAMODB_LOCAL: readonly string[] = [
  'test/local/dynamodb-local.test.ts',
  'test/local/embedded/embedded-store.differential.test.ts',
]

/**
 * The store that the suites of DynamoDB Local run on: itself, or the embedded store on a machine without Java or by
 * TEST_STORE. In CI both have to run. Throws `JavaMissing` if CI has no Java, and on a TEST_STORE that is no store.
 */
export function testStore(env: NodeJS.ProcessEnv = process.env): StoreName {
  const asked = env['TEST_STORE']
  if (asked === 'embedded' || asked === 'dynamodb-local') return asked
  if (asked !== undefined && asked !== '')
    throw new RangeError(`TEST_STORE: expected embedded or dynamodb-local, got ${asked}`)
  try {
    findJava(env)
    return 'dynamodb-local'
  } catch (error) {
    if (env['CI'] === 'true' || !(error instanceof JavaMissing)) throw error
    return 'embedded'
  }
}

export const WITHOUT_JAVA = 'No Java here: the suites of DynamoDB Local run on the embedded store.'
