import type { Random } from '../../../simulation/world/random.ts'
import { tableOf } from './both-stores.ts'
import { Expressions, type Wire } from './expressions.ts'
import type { Asked } from './wire.ts'

export const TABLE_NAME = 'differential'
const SORT_KEYS = ['k1', 'k2', 'k3', 'K', 'k9x'] as const

/** The table that every sequence runs on: two indexes, and keys of each type that an index needs. */
export const TABLE: Wire = tableOf(
  TABLE_NAME,
  { pk: 'S', sk: 'S' },
  {
    indexes: [
      {
        name: 'g-n',
        keys: { g: 'S', n: 'N' },
        projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'm'] },
      },
      { name: 'gall', keys: { g: 'S' }, projection: { ProjectionType: 'ALL' } },
    ],
  },
)

/** Requests about few items, so that they meet. */
export class Requests {
  readonly #random: Random
  readonly #expressions: Expressions
  readonly #partitionKeys: readonly string[]

  constructor(random: Random, partitionKeys: readonly string[]) {
    this.#random = random
    this.#expressions = new Expressions(random)
    this.#partitionKeys = partitionKeys
  }

  next(operations: readonly Kind[] = KINDS): Asked {
    const kind = this.#pick(operations)
    return this.#made(kind)
  }

  #made(kind: Kind): Asked {
    switch (kind) {
      case 'PutItem':
        return {
          operation: kind,
          body: { ...this.#put(), ...this.#returns(['ALL_OLD', 'NONE', 'ALL_NEW']), ...this.#capacity() },
        }
      case 'DeleteItem':
        return {
          operation: kind,
          body: {
            ...this.#delete(),
            ...this.#returns(['ALL_OLD', 'NONE', 'UPDATED_NEW']),
            ...this.#capacity(),
          },
        }
      case 'UpdateItem':
        return {
          operation: kind,
          body: {
            ...this.#update(),
            ...this.#returns(['ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'NONE', 'SOME']),
            ...this.#capacity(),
          },
        }
      case 'GetItem':
        return {
          operation: kind,
          body: { TableName: this.#table(), ...this.#get(), ...this.#capacity(), ...this.#consistent() },
        }
      case 'Query':
        return { operation: kind, body: this.#query() }
      case 'Scan':
        return { operation: kind, body: this.#scan() }
      case 'BatchGetItem':
        return { operation: kind, body: this.#batchGet() }
      case 'BatchWriteItem':
        return { operation: kind, body: this.#batchWrite() }
      case 'TransactWriteItems':
        return { operation: kind, body: this.#transactWrite() }
      case 'TransactGetItems':
        return { operation: kind, body: this.#transactGet() }
    }
  }

  #put(): Wire {
    return { TableName: this.#table(), Item: this.#item(), ...this.#conditional() }
  }

  #delete(): Wire {
    return { TableName: this.#table(), Key: this.#key(), ...this.#conditional() }
  }

  #update(): Wire {
    const condition = this.#chance(0.3) ? this.#expressions.condition() : undefined
    const update = this.#chance(0.97) ? this.#expressions.update() : undefined
    return {
      TableName: this.#table(),
      Key: this.#key(),
      ...(update !== undefined && { UpdateExpression: update }),
      ...(condition !== undefined && { ConditionExpression: condition }),
      ...this.#expressions.placeholders([update, condition]),
      ...this.#onFailure(),
    }
  }

  #get(): Wire {
    const projection = this.#chance(0.5) ? this.#expressions.projection() : undefined
    return {
      Key: this.#key(),
      ...(projection !== undefined && { ProjectionExpression: projection }),
      ...this.#names([projection]),
    }
  }

  #query(): Wire {
    const index = this.#pick(['table', 'table', 'g-n', 'gall'] as const)
    const keyCondition = this.#expressions.keyCondition(index).replace(':p', ':p')
    return {
      KeyConditionExpression: keyCondition,
      ...this.#reading(index, [keyCondition]),
      ...(this.#chance(0.5) && { ScanIndexForward: this.#chance(0.5) }),
    }
  }

  #scan(): Wire {
    const index = this.#pick(['table', 'table', 'g-n', 'gall'] as const)
    return this.#reading(index, [])
  }

  #reading(index: 'table' | 'g-n' | 'gall', texts: readonly string[]): Wire {
    const filter = this.#chance(0.3) ? this.#expressions.condition(1) : undefined
    const projection = this.#chance(0.25) ? this.#expressions.projection() : undefined
    // Rows of an index with equal keys have no order that both stores share, so that its pages differ.
    const paged = index === 'table'
    const start = paged && this.#chance(0.2) ? this.#startKey() : undefined
    const select = this.#chance(0.15)
      ? this.#pick(['COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES'])
      : undefined
    return {
      TableName: this.#table(),
      ...(index !== 'table' && { IndexName: this.#chance(0.02) ? 'nope' : index }),
      ...(filter !== undefined && { FilterExpression: filter }),
      ...(projection !== undefined && { ProjectionExpression: projection }),
      ...this.#expressions.placeholders([...texts, filter, projection]),
      ...(start !== undefined && { ExclusiveStartKey: start }),
      ...(select !== undefined && { Select: select }),
      ...(paged && this.#chance(0.4) && { Limit: this.#chance(0.03) ? 0 : 1 + this.#below(3) }),
      ...this.#capacity(),
      ...this.#consistent(),
    }
  }

  #startKey(): Wire {
    return this.#chance(0.05) ? {} : this.#goodKey()
  }

  #batchGet(): Wire {
    const keys = Array.from({ length: this.#below(5) }, () => this.#key())
    const projection = this.#chance(0.3) ? this.#expressions.projection() : undefined
    const request = {
      Keys: keys,
      ...(projection !== undefined && { ProjectionExpression: projection }),
      ...this.#names([projection]),
      ...this.#consistent(),
    }
    return { RequestItems: { [this.#table()]: request }, ...this.#capacity() }
  }

  #batchWrite(): Wire {
    const requests = Array.from({ length: this.#below(5) }, () =>
      this.#chance(0.6) ? { PutRequest: { Item: this.#item() } } : { DeleteRequest: { Key: this.#key() } },
    )
    return { RequestItems: { [this.#table()]: requests }, ...this.#capacity() }
  }

  #transactWrite(): Wire {
    const items = Array.from({ length: this.#chance(0.03) ? 0 : 1 + this.#below(4) }, () =>
      this.#transactItem(),
    )
    return { TransactItems: items, ...this.#capacity() }
  }

  #transactItem(): Wire {
    switch (this.#below(4)) {
      case 0:
        return { Put: this.#put() }
      case 1:
        return { Delete: this.#delete() }
      case 2:
        return { Update: this.#update() }
      default: {
        const condition = this.#expressions.condition(1)
        return {
          ConditionCheck: {
            TableName: this.#table(),
            Key: this.#key(),
            ConditionExpression: condition,
            ...this.#expressions.placeholders([condition]),
            ...this.#onFailure(),
          },
        }
      }
    }
  }

  #transactGet(): Wire {
    const items = Array.from({ length: this.#chance(0.03) ? 0 : 1 + this.#below(4) }, () => ({
      Get: { TableName: this.#table(), ...this.#get() },
    }))
    return { TransactItems: items, ...this.#capacity() }
  }

  #conditional(): Wire {
    if (this.#chance(0.6)) return this.#chance(0.02) ? this.#expressions.placeholders([':x #a']) : {}
    const condition = this.#expressions.condition()
    return {
      ConditionExpression: condition,
      ...this.#expressions.placeholders([condition]),
      ...this.#onFailure(),
    }
  }

  #names(texts: readonly (string | undefined)[]): Wire {
    const { ExpressionAttributeNames } = this.#expressions.placeholders(texts)
    return ExpressionAttributeNames === undefined ? {} : { ExpressionAttributeNames }
  }

  #onFailure(): Wire {
    return this.#chance(0.4) ? { ReturnValuesOnConditionCheckFailure: this.#pick(['ALL_OLD', 'NONE']) } : {}
  }

  #returns(values: readonly string[]): Wire {
    return this.#chance(0.5) ? { ReturnValues: this.#pick(values) } : {}
  }

  #capacity(): Wire {
    return this.#chance(0.3) ? { ReturnConsumedCapacity: this.#pick(['TOTAL', 'INDEXES', 'NONE']) } : {}
  }

  #consistent(): Wire {
    return this.#chance(0.3) ? { ConsistentRead: this.#chance(0.7) } : {}
  }

  #table(): string {
    return this.#chance(0.004) ? this.#pick(['none', 'x']) : TABLE_NAME
  }

  #goodKey(): Wire {
    return { pk: { S: this.#pick(this.#partitionKeys) }, sk: { S: this.#pick(SORT_KEYS) } }
  }

  #key(): Wire {
    const key = this.#goodKey()
    if (!this.#chance(0.03)) return key
    return this.#pick([
      { pk: key['pk'] },
      { ...key, z: { S: 'z' } },
      { ...key, sk: { N: '1' } },
      { ...key, sk: { S: '' } },
      { pk: key['pk'], zz: { S: 'z' } },
      {},
    ])
  }

  #item(): Wire {
    const item: Wire = { ...this.#goodKey() }
    for (const name of ['a', 'b', 'c', 'd', 'e']) if (this.#chance(0.35)) item[name] = this.value(2)
    if (this.#chance(0.5)) item['l'] = { L: Array.from({ length: this.#below(4) }, () => this.value(1)) }
    if (this.#chance(0.5))
      item['m'] = {
        M: { x: this.value(1), ...(this.#chance(0.5) && { 'b.c': { S: 'y' }, a: this.value(0) }) },
      }
    if (this.#chance(0.5)) item['g'] = { S: this.#pick(['g1', 'g1', 'g2']) }
    if (this.#chance(0.6)) item['n'] = { N: this.#pick(['1', '5', '-3.5', '100', '0', '5.0']) }
    if (this.#chance(0.2)) item['e'] = { N: this.#pick(['1e3', '-0', '1.50', '007', '1E-5', '.5']) }
    if (this.#chance(0.4)) item['ss'] = { SS: this.#pick([['a', 'b'], ['x'], ['a', 'x', 'hello']]) }
    if (this.#chance(0.4))
      item['ns'] = {
        NS: this.#pick([
          ['1', '2'],
          ['5.0', '1e2', '-1'],
        ]),
      }
    if (this.#chance(0.4)) item['bs'] = { BS: this.#pick([['aGU='], ['YQ==', 'Yg==']]) }
    if (this.#chance(0.04)) return this.#spoilt(item)
    return item
  }

  #spoilt(item: Wire): Wire {
    return this.#pick([
      { ...item, a: {} },
      { ...item, a: { S: 'a', N: '1' } },
      {
        ...item,
        a: {
          N: this.#pick([
            '',
            'x',
            '1e126',
            '1e-131',
            '1e200',
            '123456789012345678901234567890123456789',
            '0x1',
            '1e',
          ]),
        },
      },
      { ...item, a: { SS: [] } },
      { ...item, a: { NS: [] } },
      { ...item, a: { BS: [] } },
      { ...item, a: { SS: ['a', 'a'] } },
      { ...item, a: { NS: ['1', '1.0'] } },
      { ...item, a: { BS: ['YQ==', 'YQ=='] } },
      { ...item, a: { NULL: false } },
      { ...item, '': { S: 'x' } },
      { ...item, a: { M: { '': { S: 'x' } } } },
      { ...item, a: { L: [{ M: { z: {} } }] } },
      { ...item, g: { S: '' } },
      { ...item, g: { N: '1' } },
      { ...item, n: { S: '1' } },
      { ...item, g: { S: 'x'.repeat(2_049) } },
      { ...item, a: { S: 'x'.repeat(409_700) } },
      { ...item, a: { S: 'x'.repeat(300_000) } },
      { pk: item['pk'] },
      { ...item, sk: { S: '' } },
      { ...item, sk: { S: 'x'.repeat(1_025) } },
      { ...item, pk: { N: '1' } },
    ])
  }

  value(depth: number): Wire {
    const scalar = (): Wire =>
      this.#pick([
        { S: 'hello' },
        { S: 'x' },
        { S: '' },
        { S: 'é' },
        { S: 'he' },
        { N: '5' },
        { N: '-3.5' },
        { N: '0.1' },
        { N: '1000' },
        { N: '0' },
        { N: '99999999999999999999999999999999999999' },
        { N: '1.5' },
        { B: 'aGVsbG8=' },
        { B: 'aGU=' },
        { B: '' },
        { BOOL: true },
        { BOOL: false },
        { NULL: true },
        { SS: ['x', 'a'] },
        { NS: ['5', '1'] },
      ])
    if (depth === 0 || this.#chance(0.7)) return scalar()
    if (this.#chance(0.5)) return { L: Array.from({ length: this.#below(3) }, () => this.value(depth - 1)) }
    return {
      M: Object.fromEntries(
        ['x', 'b', 'y'].slice(0, this.#below(4)).map((name) => [name, this.value(depth - 1)]),
      ),
    }
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#below(all.length)] as T
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count)
  }

  #chance(of: number): boolean {
    return this.#random.next() < of
  }
}

const KINDS = [
  'PutItem',
  'PutItem',
  'UpdateItem',
  'UpdateItem',
  'UpdateItem',
  'DeleteItem',
  'GetItem',
  'Query',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'TransactWriteItems',
  'TransactGetItems',
] as const
export type Kind = (typeof KINDS)[number]
