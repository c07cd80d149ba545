import { describe, expect, test } from 'vitest'
import { InvariantBroken } from '../../../lib/model/errors.ts'
import {
  indexParams,
  putParams,
  rangeParams,
  transactItem,
  updateParams,
} from '../../../lib/registry/store/expressions.ts'
import type { Guard, Write } from '../../../lib/registry/store/store.ts'

const key = { pk: 'P#a', sk: 'PROCESS' }

/** The text of a condition, with its placeholders replaced by what they stand for. */
function conditionText(when: Guard): string {
  const params = putParams('t', { do: 'put', item: key, when })
  let text = params.ConditionExpression ?? ''
  for (const [name, attr] of Object.entries(params.ExpressionAttributeNames ?? {}))
    text = text.replaceAll(name, attr)
  for (const [name, value] of Object.entries(params.ExpressionAttributeValues ?? {})) {
    text = text.replaceAll(name, Object.values(value as object).join())
  }
  return text
}

describe('a condition', () => {
  const TEXTS: readonly [Guard, string][] = [
    [{ attr: 'f', is: 4 }, 'f = 4'],
    [{ attr: 's', not: 'external' }, 's <> external'],
    [{ attr: 's', in: ['pending', 'waiting'] }, 's IN (pending, waiting)'],
    [{ attr: 'f', below: 4 }, 'f < 4'],
    [{ attr: 'da', atMost: 9 }, 'da <= 9'],
    [{ attr: 'e', above: 9 }, 'e > 9'],
    [{ attr: 'pk', absent: true }, 'attribute_not_exists(pk)'],
    [{ attr: 'q', has: 'a' }, 'contains(q, a)'],
    [{ attr: 'q', lacks: 'a' }, 'NOT contains(q, a)'],
    [{ attr: 'h', shorter: 3 }, 'size(h) < 3'],
    [{ attr: 'h', reaches: 3 }, 'size(h) >= 3'],
    [{ attr: 'w.f', is: 'slot' }, 'w.f = slot'],
    [{ all: [{ attr: 'f', is: 4 }] }, 'f = 4'],
    [
      {
        all: [
          { attr: 'f', is: 4 },
          { attr: 'c', is: 5 },
        ],
      },
      'f = 4 AND c = 5',
    ],
    [
      {
        any: [
          { attr: 'f', absent: true },
          {
            all: [
              { attr: 'f', is: 4 },
              { attr: 'e', above: 7 },
            ],
          },
        ],
      },
      'attribute_not_exists(f) OR (f = 4 AND e > 7)',
    ],
    [{ any: [{ all: [{ attr: 'f', is: 4 }] }, { attr: 'c', is: 5 }] }, 'f = 4 OR c = 5'],
    [
      {
        all: [
          {
            any: [
              {
                all: [
                  { attr: 'f', is: 4 },
                  { attr: 'e', is: 1 },
                ],
              },
            ],
          },
          { attr: 'c', is: 5 },
        ],
      },
      '(f = 4 AND e = 1) AND c = 5',
    ],
  ]
  for (const [guard, text] of TEXTS) {
    test(`reads ${text}`, () => {
      expect(conditionText(guard)).toBe(text)
    })
  }

  test('without parts is a bug', () => {
    expect(() => conditionText({ all: [] })).toThrow(InvariantBroken)
    expect(() => conditionText({ any: [] })).toThrow(InvariantBroken)
  })
})

describe('an update', () => {
  test('says each part once, with every name and value replaced', () => {
    const change = {
      set: { s: 'x' },
      once: { sa: 1 },
      add: { f: 1 },
      append: { t: ['e'] },
      remove: ['d', 'da'],
    }
    expect(updateParams('table', { do: 'update', key, change, when: { attr: 'f', is: 4 } })).toEqual({
      TableName: 'table',
      Key: { pk: { S: 'P#a' }, sk: { S: 'PROCESS' } },
      UpdateExpression:
        'SET #s = :0, #sa = if_not_exists(#sa, :1), #t = list_append(if_not_exists(#t, :2), :3) ADD #f :4 REMOVE #d, #da',
      ConditionExpression: '#f = :5',
      ExpressionAttributeNames: { '#s': 's', '#sa': 'sa', '#t': 't', '#f': 'f', '#d': 'd', '#da': 'da' },
      ExpressionAttributeValues: {
        ':0': { S: 'x' },
        ':1': { N: '1' },
        ':2': { L: [] },
        ':3': { L: [{ S: 'e' }] },
        ':4': { N: '1' },
        ':5': { N: '4' },
      },
    })
  })

  test('that changes nothing is a bug', () => {
    expect(() => updateParams('t', { do: 'update', key, change: { set: {}, remove: [] } })).toThrow(
      InvariantBroken,
    )
  })
})

describe('a put', () => {
  test('without a condition has no placeholders, which DynamoDB would refuse when empty', () => {
    expect(putParams('t', { do: 'put', item: key })).toEqual({
      TableName: 't',
      Item: { pk: { S: 'P#a' }, sk: { S: 'PROCESS' } },
    })
  })
})

describe('in a transaction', () => {
  const WRITES: readonly [Write, string][] = [
    [{ do: 'put', item: key, when: { attr: 'f', is: 1 } }, 'Put'],
    [{ do: 'update', key, change: { set: { f: 1 } } }, 'Update'],
    [{ do: 'check', key, when: { attr: 'f', is: 1 } }, 'ConditionCheck'],
  ]
  for (const [write, name] of WRITES) {
    test(`a ${write.do} is a ${name} that brings what stood there`, () => {
      const item = transactItem('t', write)
      expect(Object.keys(item)).toEqual([name])
      expect(Object.values(item)[0]).toMatchObject({
        TableName: 't',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
    })
  }
})

describe('a query', () => {
  test('of an index bounds its sort key once', () => {
    const query = { index: 'due', partition: 'due#1', order: 'up', limit: 5 } as const
    const conditions = [
      [{}, '#d = :0'],
      [{ from: 1 }, '#d = :0 AND #da >= :1'],
      [{ to: 2 }, '#d = :0 AND #da <= :1'],
      [{ from: 1, to: 2 }, '#d = :0 AND #da BETWEEN :1 AND :2'],
    ] as const
    for (const [bounds, text] of conditions) {
      expect(indexParams('t', { ...query, ...bounds }).KeyConditionExpression).toBe(text)
    }
    expect(indexParams('t', query)).toMatchObject({ IndexName: 'due', ScanIndexForward: true, Limit: 5 })
    expect(indexParams('t', query)).not.toHaveProperty('ExclusiveStartKey')
    const next = indexParams('t', { ...query, order: 'down', after: { pk: 'a', da: 1 } })
    expect(next).toMatchObject({
      ScanIndexForward: false,
      ExclusiveStartKey: { pk: { S: 'a' }, da: { N: '1' } },
    })
  })

  test('of a partition is strongly consistent', () => {
    expect(rangeParams('t', { pk: 'P#a', from: 'LEASE', to: 'PROCESS' })).toMatchObject({
      KeyConditionExpression: '#pk = :0 AND #sk BETWEEN :1 AND :2',
      ConsistentRead: true,
    })
  })

  test('of an index that the table does not have is a bug', () => {
    const query = { index: 'other', partition: 'x', order: 'up', limit: 1 }
    expect(() => indexParams('t', query as never)).toThrow(InvariantBroken)
  })
})
