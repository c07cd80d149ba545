import type { TestProject } from 'vitest/node'
import { startDynamoDbLocal } from '../../lib/local/dynamodb-local.ts'
import { startEmbeddedStore } from '../../lib/local/embedded/embedded-store.ts'

/**
 * One DynamoDB Local in memory for the whole run, at `inject('dynamoEndpoint')`; each test file makes a table of its
 * own in it. With LEASEHOLD_DYNAMODB_ENDPOINT set, the one that listens there is used instead; with TEST_STORE=embedded, the
 * embedded store.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env['LEASEHOLD_DYNAMODB_ENDPOINT']
  if (own !== undefined && own !== '') {
    project.provide('dynamoEndpoint', own)
    return () => Promise.resolve()
  }
  const embedded = process.env['TEST_STORE'] === 'embedded'
  const dynamo = await (embedded ? startEmbeddedStore() : startDynamoDbLocal())
  project.provide('dynamoEndpoint', dynamo.endpoint)
  return () => dynamo.stop()
}
