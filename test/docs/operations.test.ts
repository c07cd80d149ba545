import { GetItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import type { ProcessId } from '../../lib/model/ids.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { replaceSlots } from '../../lib/registry/codec/slots.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { flow } from '../helpers/effects.ts'
import { freshTable, localClient } from '../helpers/table.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

test('the commands of the page free a key that an ended process still holds', async () => {
  const client = localClient(inject('dynamoEndpoint'))
  onTestFinished(() => client.destroy())
  const tableName = await freshTable(client, 'operations')
  const parts = { client, tableName, clock: new VirtualClock(), chance: seededChance(1) }
  const short = flow(async () => 'done')
  const kit = new TestKit({ definitions: [short], registry: new DynamoProcessRegistry(parts) })
  const concurrency = { key: 'sync-7', limit: 1 }
  const start = (id: string) => kit.start(short, null, { id, concurrency })
  const written = { 'C#KEY': `C#${concurrency.key}`, '"ID"': '"ended"' }

  expect(await start('ended')).toMatchObject({ status: 'completed' })
  const { Item: before } = await client.send(
    new GetItemCommand({ TableName: tableName, ...said('get-item', written) }),
  )
  const seen = { limit: 1, holders: [], queue: [], version: Number(before?.['n']?.N) }
  const late = { ...seen, holders: ['ended' as ProcessId] }
  // As a build did that took the place without a look at the process.
  expect(
    await new DynamoStore({ ...parts, requests: sdkRequests(client) }).write(
      replaceSlots(concurrency.key, seen, late),
    ),
  ).toMatchObject({
    applied: true,
  })

  for (const id of ['b', 'c'])
    expect(await start(id)).toMatchObject({ status: 'waiting', wait: { for: 'slot', key: 'sync-7' } })
  await kit.skip({ hours: 1 })
  const { Item: slots } = await client.send(
    new GetItemCommand({ TableName: tableName, ...said('get-item', written) }),
  )
  expect(slots).toMatchObject({
    h: { L: [{ S: 'ended' }] },
    q: { L: [{ S: 'b' }, { S: 'c' }] },
    l: { N: '1' },
  })

  const update = (n: string) =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        ...said('update-item', { ...written, '"N":"N"': `"N":"${n}"` }),
      }),
    )
  await expect(update('0')).rejects.toThrow('conditional request failed')
  await update(slots?.['n']?.N ?? '')
  await start('d')
  await kit.cancel('d')
  expect(await kit.record('d')).toMatchObject({ status: 'cancelled' })
  for (const id of ['b', 'c']) expect(await kit.record(id)).toMatchObject({ status: 'completed' })
})

type Said = {
  readonly Key: Record<string, AttributeValue>
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>
}

/** What the page says to send, with its placeholders filled in. */
function said(command: string, fill: Readonly<Record<string, string>>): Said {
  const line = PAGE.split('\n').find((each) => each.includes(`aws dynamodb ${command}`)) ?? ''
  const options = [...line.matchAll(/--([\w-]+) '([^']*)'/gu)].map(([, name = '', text = '']) => [
    name.replaceAll(/(?:^|-)(\w)/gu, (_, letter: string) => letter.toUpperCase()),
    Object.entries(fill).reduce((whole, [from, to]) => whole.replaceAll(from, to), text),
  ])
  return Object.fromEntries(
    options.map(([name = '', text = '']): [string, unknown] => [
      name,
      text.startsWith('{') ? JSON.parse(text) : text,
    ]),
  ) as Said
}
