import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBothStores, remakeTable, tableOf, type BothStores } from './differential/both-stores.ts'
import type { Answer, Endpoint } from './differential/wire.ts'

const TABLE_NAME = 'pages'
const TABLE = tableOf(
  TABLE_NAME,
  { pk: 'S', sk: 'N' },
  { indexes: [{ name: 'by-n', keys: { g: 'S', n: 'N' }, projection: { ProjectionType: 'KEYS_ONLY' } }] },
)
const LARGE = 300_000
type Item = { readonly pk: { S: string }; readonly sk: { N: string } }

describe('pages of the embedded store', () => {
  let stores: BothStores
  let embedded: Endpoint
  let local: Endpoint
  beforeAll(async () => {
    stores = await openBothStores()
    ;({ embedded, local } = stores)
    await remakeTable(stores, TABLE)
    for (const each of [embedded, local]) {
      for (let sk = 0; sk < 8; sk += 1) await put(each, 'large', sk, { x: { S: 'x'.repeat(LARGE) } })
      for (let at = 0; at < 30; at += 1)
        await put(each, `p${at % 6}`, at, { g: { S: 'g' }, n: { N: String(10 - (at % 10)) } })
    }
  })
  afterAll(() => stores.close())

  test('a page ends behind the item that makes it 1 MB', async () => {
    for (const forward of [true, false]) {
      const asked = {
        operation: 'Query',
        body: {
          TableName: TABLE_NAME,
          KeyConditionExpression: 'pk = :p',
          ExpressionAttributeValues: { ':p': { S: 'large' } },
          ProjectionExpression: 'sk',
          ScanIndexForward: forward,
        },
      }
      const [mine, theirs] = [await embedded.ask(asked), await local.ask(asked)]
      expect(mine.body['ScannedCount']).toBe(4)
      expect(mine).toEqual(theirs)
    }
  })

  test('pages of an index bring each row once and in order, whatever their size', async () => {
    for (const Limit of [1, 4, 7, 30]) {
      const items = await allPages({
        IndexName: 'by-n',
        KeyConditionExpression: 'g = :g AND n BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':g': { S: 'g' }, ':low': { N: '2' }, ':high': { N: '9' } },
        Limit,
      })
      const order = items.map((item) => Number((item as unknown as { n: { N: string } }).n.N))
      expect(order).toEqual(order.toSorted((a, b) => a - b))
      expect(new Set(items.map(nameOf)).size).toBe(24)
      expect(items).toHaveLength(24)
    }
  })

  test('segments of a scan share out all rows', async () => {
    for (const TotalSegments of [1, 2, 5]) {
      const names: string[] = []
      for (let Segment = 0; Segment < TotalSegments; Segment += 1) {
        const items = await allPages(
          { Segment, TotalSegments, Limit: 3, ProjectionExpression: 'pk, sk' },
          'Scan',
        )
        names.push(...items.map(nameOf))
      }
      expect(names).toHaveLength(38)
      expect(new Set(names).size).toBe(38)
    }
  })

  async function allPages(body: object, operation = 'Query'): Promise<readonly Item[]> {
    const items: Item[] = []
    let start: unknown
    do {
      const page: Answer = await embedded.ask({
        operation,
        body: { TableName: TABLE_NAME, ...body, ...(start !== undefined && { ExclusiveStartKey: start }) },
      })
      items.push(...(page.body['Items'] as Item[]))
      start = page.body['LastEvaluatedKey']
    } while (start !== undefined)
    return items
  }
})

function put(store: Endpoint, pk: string, sk: number, more: object): Promise<Answer> {
  const Item = { pk: { S: pk }, sk: { N: String(sk) }, ...more }
  return store.ask({ operation: 'PutItem', body: { TableName: TABLE_NAME, Item } })
}

function nameOf({ pk, sk }: Item): string {
  return `${pk.S}/${sk.N}`
}
