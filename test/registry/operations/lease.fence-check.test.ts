import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { type FenceForms, fenceOf } from '../../../lib/effects/fence.ts'
import type { Lease } from '../../../lib/model/lease.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { aRegistration, aRequest, claimedOf, DONE, NOW, step, TTL } from '../../conformance/suite/bed.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

/** A payment in a transaction of the author's own, recorded only under the fence, by each client that authors use. */
const PAYMENTS = {
  'the document client': (sender, TableName, fence, payment) =>
    DynamoDBDocumentClient.from(sender).send(
      new TransactWriteCommand({
        TransactItems: [
          { ConditionCheck: fence() },
          { Put: { TableName, Item: { pk: payment, sk: 'PAYMENT' } } },
        ],
      }),
    ),
  'the low-level client': (sender, TableName, fence, payment) =>
    sender.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { ConditionCheck: fence({ marshalled: true }) },
          { Put: { TableName, Item: { pk: { S: payment }, sk: { S: 'PAYMENT' } } } },
        ],
      }),
    ),
} satisfies Record<
  string,
  (sender: DynamoDBClient, tableName: string, fence: FenceForms, payment: string) => Promise<unknown>
>

describe.each(Object.entries(PAYMENTS))('a fenced write by %s [C57]', (_, send) => {
  const client = localClient(inject('dynamoEndpoint'))
  let registry: DynamoProcessRegistry
  let tableName = ''
  beforeAll(async () => {
    tableName = await freshTable(client, 'fence')
    registry = new DynamoProcessRegistry({ client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE })
  })

  async function started() {
    return claimedOf(await registry.start(aRegistration(), aRequest('a'), NOW)).ownership
  }

  /** Returns true where the payment was written. */
  async function pay({ lease }: { lease: Lease }): Promise<boolean> {
    const fence = fenceOf({ fence: () => registry.fenceCheck(lease) })
    try {
      await send(client, tableName, fence, `payment-of-${lease.id}`)
      return true
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error
      expect(error.CancellationReasons?.map(({ Code }) => Code)).toEqual(['ConditionalCheckFailed', 'None'])
      return false
    }
  }

  test('goes through while the lease holds, after commits and renewals too', async () => {
    const ownership = await started()
    expect(await pay(ownership)).toBe(true)
    await registry.commit(ownership, [step(0)], NOW)
    await registry.renew(ownership.lease, TTL, NOW + 1)
    expect(await pay(ownership)).toBe(true)
  })

  test('is refused to an owner that was paused and overtaken, and not to the one that overtook it', async () => {
    const ownership = await started()
    const next = claimedOf(await registry.claim(ownership.lease.id, aRequest('b'), NOW + TTL))
    expect(await pay(ownership)).toBe(false)
    expect(await pay(next.ownership)).toBe(true)
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
    const { lease } = await started()
    expect(await pay({ lease: { ...lease, id: aRegistration().id } })).toBe(false)
  })
})
