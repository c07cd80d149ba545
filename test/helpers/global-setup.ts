import type { TestProject } from 'vitest/node'
import { startStore } from '../../lib/local/store.ts'
import { testStore, WITHOUT_JAVA } from './test-store.ts'

/**
 * One store in memory for the whole run, at `inject('dynamoEndpoint')`; each test file makes a table of its own in it. It is
 * DynamoDB Local, or the embedded store if `testStore()` says so. LEASEHOLD_DYNAMODB_ENDPOINT names one that runs already.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env['LEASEHOLD_DYNAMODB_ENDPOINT']
  if (own !== undefined && own !== '') {
    project.provide('dynamoEndpoint', own)
    return () => Promise.resolve()
  }
  const store = testStore()
  if (store === 'embedded' && process.env['TEST_STORE'] !== 'embedded')
    process.stdout.write(`${WITHOUT_JAVA}\n`)
  return provide(project, store)
}

export async function provide(
  project: TestProject,
  store: Parameters<typeof startStore>[0],
): Promise<() => Promise<void>> {
  const started = await startStore(store)
  project.provide('dynamoEndpoint', started.endpoint)
  return () => started.stop()
}
