import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { Holding } from '../../../lib/model/holding.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/worker/system.ts'
import { aRegistration, aRequest, claimedOf, DONE, NOW, step, TTL } from '../../conformance/suite/bed.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

describe('C57 a write of the author’s own, with the fence check in its transaction,', () => {
  const client = localClient(inject('dynamoEndpoint'))
  let registry: DynamoProcessRegistry
  let tableName = ''
  beforeAll(async () => {
    tableName = await freshTable(client, 'fence')
    registry = new DynamoProcessRegistry({ client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE })
  })

  async function started() {
    return claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW)).holding
  }

  /** What a step would send: a payment, recorded only under the fence. True where it was written. */
  async function pay({ lease }: Holding): Promise<boolean> {
    const key = { pk: { S: `payment-of-${lease.id}` }, sk: { S: 'PAYMENT' } }
    const TransactItems: TransactWriteItemsCommandInput['TransactItems'] = [
      { ConditionCheck: registry.fenceCheck(lease) },
      { Put: { TableName: tableName, Item: key } },
    ]
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems }))
      return true
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error
      expect(error.CancellationReasons?.map(({ Code }) => Code)).toEqual(['ConditionalCheckFailed', 'None'])
      return false
    }
  }

  test('goes through while the lease holds, after commits and renewals too', async () => {
    const holding = await started()
    expect(await pay(holding)).toBe(true)
    await registry.commit(holding, [step(0)], NOW)
    await registry.renew(holding.lease, TTL, NOW + 1)
    expect(await pay(holding)).toBe(true)
  })

  test('is refused to an owner that was paused and overtaken, and not to the one that overtook it', async () => {
    const holding = await started()
    const next = claimedOf(await registry.claim(holding.lease.id, aRequest('b'), NOW + TTL))
    expect(await pay(holding)).toBe(false)
    expect(await pay(next.holding)).toBe(true)
  })

  test('is refused once the process has parked or ended', async () => {
    const parked = await started()
    await registry.release(parked, NOW)
    expect(await pay(parked)).toBe(false)
    const ended = await started()
    await registry.complete(ended, [], DONE, NOW)
    expect(await pay(ended)).toBe(false)
  })

  test('is refused for a process that is gone', async () => {
    const { lease, row } = await started()
    expect(await pay({ row, lease: { ...lease, id: aRegistration().id } })).toBe(false)
  })
})
