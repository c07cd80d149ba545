import { inject } from 'vitest'
import { startEmbeddedStore } from '../../../../lib/local/embedded/embedded-store.ts'
import { Endpoint } from './wire.ts'

type KeyType = 'S' | 'N' | 'B'
type Keys = Readonly<Record<string, KeyType>>
type Index = { readonly name: string; readonly keys: Keys; readonly projection: object }

/** A CreateTable request. Keys are the partition key and then, if there is one, the sort key. */
export function tableOf(
  TableName: string,
  keys: Keys,
  {
    indexes = [],
    streamed = false,
  }: { readonly indexes?: readonly Index[]; readonly streamed?: boolean } = {},
): Record<string, unknown> {
  const attributes: Keys = Object.assign({}, keys, ...indexes.map((index) => index.keys))
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schemaOf(keys),
    AttributeDefinitions: Object.entries(attributes).map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes.map(secondaryIndexOf) }),
    ...(streamed
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }
      : {}),
  }
}

function secondaryIndexOf({ name, keys, projection }: Index): object {
  return { IndexName: name, KeySchema: schemaOf(keys), Projection: projection }
}

function schemaOf(keys: Keys): object[] {
  return Object.keys(keys).map((AttributeName, at) => ({
    AttributeName,
    KeyType: at === 0 ? 'HASH' : 'RANGE',
  }))
}

export type BothStores = {
  readonly embedded: Endpoint
  readonly local: Endpoint
  readonly close: () => Promise<void>
}

/** Starts the embedded store, and opens it beside DynamoDB Local. */
export async function openBothStores(): Promise<BothStores> {
  const store = await startEmbeddedStore()
  const [embedded, local] = [new Endpoint(store.endpoint), new Endpoint(inject('dynamoEndpoint'))]
  return {
    embedded,
    local,
    async close() {
      embedded.close()
      local.close()
      await store.stop()
    },
  }
}

/** Makes the table anew in each of the stores. */
export async function remakeTable({ embedded, local }: BothStores, table: object): Promise<void> {
  const { TableName } = table as { readonly TableName?: unknown }
  for (const each of [embedded, local]) {
    await each.ask({ operation: 'DeleteTable', body: { TableName } })
    await each.ask({ operation: 'CreateTable', body: table })
  }
}
