import { expect, test } from 'vitest'
import { Database } from '../../../lib/local/embedded/database.ts'
import { sweepExpired } from '../../../lib/local/embedded/expiry.ts'
import { OPERATIONS } from '../../../lib/local/embedded/operations.ts'
import { RequestBody } from '../../../lib/local/embedded/request.ts'
import { tableOf } from './differential/both-stores.ts'

const NOW_S = 1_800_000_000
const FIVE_YEARS_S = 5 * 365 * 24 * 60 * 60

test('a sweep deletes what has ended, and its stream record names the service', () => {
  const db = new Database({ now: () => NOW_S * 1_000 })
  const ask = (name: string, body: object): Record<string, unknown> =>
    OPERATIONS.get(name)?.(db, new RequestBody(body)) as Record<string, unknown>
  ask('DynamoDB_20120810.CreateTable', TABLE)
  const put = (pk: string, x: object): unknown =>
    ask('DynamoDB_20120810.PutItem', { TableName: 'expiring', Item: { pk: { S: pk }, x } })
  put('over', { N: String(NOW_S) })
  put('to come', { N: String(NOW_S + 1) })
  put('long ago', { N: String(NOW_S - FIVE_YEARS_S - 1) })
  put('no number', { S: '1' })
  put('no time', { NULL: true })

  sweepExpired(db)
  expect(db.table('expiring').rows.size).toBe(5)
  ask('DynamoDB_20120810.UpdateTimeToLive', {
    TableName: 'expiring',
    TimeToLiveSpecification: { AttributeName: 'x', Enabled: true },
  })
  sweepExpired(db)

  const items = ask('DynamoDB_20120810.Scan', { TableName: 'expiring' })['Items'] as { pk: { S: string } }[]
  expect(items.map(({ pk }) => pk.S).toSorted()).toEqual(['long ago', 'no number', 'no time', 'to come'])
  const { schema } = db.table('expiring')
  const record = db.streamEntries(`expiring/stream/${schema.stream?.label}`).at(-1)?.record
  expect(record).toMatchObject({
    eventName: 'REMOVE',
    dynamodb: { Keys: { pk: { S: 'over' } }, OldImage: { x: { N: String(NOW_S) } } },
    userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' },
  })
})

test('a sweep finds each item when it expires, also one that came after the sweep before', () => {
  let nowS = NOW_S
  const db = new Database({ now: () => nowS * 1_000 })
  const ask = (name: string, body: object) => OPERATIONS.get(name)?.(db, new RequestBody(body))
  ask('DynamoDB_20120810.CreateTable', TABLE)
  ask('DynamoDB_20120810.UpdateTimeToLive', {
    TableName: 'expiring',
    TimeToLiveSpecification: { AttributeName: 'x', Enabled: true },
  })
  const put = (pk: string, endsAtS: number) =>
    ask('DynamoDB_20120810.PutItem', {
      TableName: 'expiring',
      Item: { pk: { S: pk }, x: { N: String(endsAtS) } },
    })
  const left = (afterS: number): number => {
    nowS = NOW_S + afterS
    sweepExpired(db)
    return db.table('expiring').rows.size
  }
  put('late', NOW_S + 20)
  put('early', NOW_S + 10)
  expect(left(0)).toBe(2)
  put('next', NOW_S + 5)
  expect([left(4), left(5), left(9), left(10), left(19), left(20)]).toEqual([3, 2, 2, 1, 1, 0])
  // More than one sweep deletes.
  for (let n = 0; n < 150; n += 1) put(`many-${n}`, NOW_S + 30)
  expect([left(30), left(31)]).toEqual([50, 0])
})

const TABLE = tableOf('expiring', { pk: 'S' }, { streamed: true })
