import { TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import { describe, inject } from 'vitest'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import type { Ground } from '../helpers/effects.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { effectsConformance } from './suite/effects.ts'

/** Processes live by a clock of the test's own, long before today: by today's, all that ended would be over. */
const PAST = { now: () => 0 }

describe('effects on DynamoDB', () => {
  const client = localClient(inject('dynamoEndpoint'))
  const documents = DynamoDBDocumentClient.from(client)
  const ground: Ground = {
    async open() {
      const tableName = await freshTable(client, 'effects')
      const [clock, chance] = [SYSTEM_CLOCK, SYSTEM_CHANCE]
      return new DynamoProcessRegistry({ client, tableName, clock, chance, retentionClock: PAST })
    },
    async transact(_, check) {
      const payment = { pk: 'payment', sk: 'PAYMENT' }
      const put = { Put: { TableName: check.TableName, Item: payment } }
      try {
        await documents.send(new TransactWriteCommand({ TransactItems: [{ ConditionCheck: check }, put] }))
        return true
      } catch (error) {
        if (error instanceof TransactionCanceledException) return false
        throw error
      }
    },
    // The emulator takes a few hundred writes a second.
    manySteps: 800,
    many: 200,
    stride: 4,
  }
  effectsConformance(ground)
})
