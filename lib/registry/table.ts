import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from '@aws-sdk/client-dynamodb'

/**
 * The table's shape, said once: the CDK stack and the local stack both make it from this. Key schema and projection
 * of an index cannot be changed later. Attribute names are short, since every write pays for their bytes.
 */
export const TABLE = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
  ttlAttribute: 'x',
  stream: 'NEW_AND_OLD_IMAGES',
  indexes: [
    /** Sparse: only rows that some future moment must look at. */
    {
      name: 'due',
      partitionKey: { name: 'd', type: 'S' },
      sortKey: { name: 'da', type: 'N' },
      projects: ['k', 's', 'f', 'b', 'u'],
    },
    /** One entry a process, by kind. */
    {
      name: 'list',
      partitionKey: { name: 'g', type: 'S' },
      sortKey: { name: 'ca', type: 'N' },
      projects: ['k', 's', 'x', 'sc', 'ea', 'lw'],
    },
    /** Sparse: the same entry of each process that has a scope, by scope. */
    {
      name: 'scope',
      partitionKey: { name: 'gs', type: 'S' },
      sortKey: { name: 'ca', type: 'N' },
      projects: ['k', 's', 'x', 'sc', 'ea', 'lw'],
    },
    /** Sparse: only rows that are stuck, failed or abandoned, over all kinds. A success is never in it. */
    {
      name: 'attention',
      partitionKey: { name: 'an', type: 'S' },
      sortKey: { name: 'aa', type: 'N' },
      projects: ['k', 's', 'x', 'sc', 'ea', 'lw', 'ca', 'rb'],
    },
  ],
} as const

/** The partition of the note that the sweep keeps of its newest pass: a right can name it. */
export const SWEEP_PARTITION = 'SWEEP'

export type IndexName = (typeof TABLE.indexes)[number]['name']

type TableKey = { readonly name: string; readonly type: 'S' | 'N' }

/** The request that creates the table as `TABLE` describes it: on demand, with its indexes and the stream. */
export function createTableInput(tableName: string): CreateTableCommandInput {
  const keys: TableKey[] = [
    TABLE.partitionKey,
    TABLE.sortKey,
    ...TABLE.indexes.flatMap((index) => [index.partitionKey, index.sortKey]),
  ]
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    // An attribute may be a key of more than one index, and is defined once.
    AttributeDefinitions: [...new Map(keys.map(({ name, type }) => [name, type]))].map(([name, type]) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keySchema(TABLE.partitionKey, TABLE.sortKey),
    GlobalSecondaryIndexes: TABLE.indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index.partitionKey, index.sortKey),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.projects] },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: TABLE.stream },
  }
}

/** The request that turns expiry on, to be sent once the table is ACTIVE. */
export function timeToLiveInput(tableName: string): UpdateTimeToLiveCommandInput {
  return {
    TableName: tableName,
    TimeToLiveSpecification: { AttributeName: TABLE.ttlAttribute, Enabled: true },
  }
}

function keySchema(partition: TableKey, sort: TableKey) {
  return [
    { AttributeName: partition.name, KeyType: 'HASH' as const },
    { AttributeName: sort.name, KeyType: 'RANGE' as const },
  ]
}
