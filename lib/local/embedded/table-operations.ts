import { checkTableName, readTableSchema } from './create-table.ts'
import type { Database } from './database.ts'
import { invalid, noTable, Refusal } from './refusal.ts'
import type { RequestBody } from './request.ts'
import { keyAttributes, tableArn, type IndexSchema, type KeySchema } from './schema.ts'
import type { Table } from './table.ts'

/** "ListTables returns up to 100 table names." */
const LIST_MAX = 100

export function createTable(db: Database, body: RequestBody): object {
  const schema = readTableSchema(body, db.now())
  if (db.tables.has(schema.name))
    throw new Refusal('ResourceInUseException', 'Cannot create preexisting table')
  db.define(schema)
  return { TableDescription: described(db.table(schema.name)) }
}

export function describeTable(db: Database, body: RequestBody): object {
  return { Table: described(tableNamed(db, body)) }
}

export function deleteTable(db: Database, body: RequestBody): object {
  const table = tableNamed(db, body)
  if (table.schema.deletionProtected === true)
    throw invalid(
      'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
    )
  db.drop(table.schema.name)
  return { TableDescription: described(table) }
}

export function listTables(db: Database, body: RequestBody): object {
  const limit = body.whole('Limit') ?? LIST_MAX
  if (limit < 1) throw invalid('Limit must be greater than or equal to 1')
  if (limit > LIST_MAX) throw invalid('Limit must be less than or equal to 100')
  const start = body.text('ExclusiveStartTableName')
  if (start !== undefined) checkTableName(start)
  const names = [...db.tables.keys()].toSorted().filter((name) => start === undefined || name > start)
  const page = names.slice(0, limit)
  return {
    TableNames: page,
    ...(page.length < names.length && { LastEvaluatedTableName: page.at(-1) }),
  }
}

export function updateTimeToLive(db: Database, body: RequestBody): object {
  const name = checkTableName(body.text('TableName'))
  const specification = body.body('TimeToLiveSpecification')
  if (specification === undefined) throw invalid('TimeToLiveSpecification cannot be null')
  const [attribute, enabled] = [specification.text('AttributeName'), specification.flag('Enabled')]
  if (attribute === undefined || attribute === '')
    throw invalid('TimeToLiveSpecification.AttributeName must be provided')
  if (enabled === undefined) throw invalid('TimeToLiveSpecification.Enabled cannot be null')
  const { schema } = db.table(name)
  const { ttlAttribute, ...rest } = schema
  if (ttlAttribute !== undefined && ttlAttribute !== attribute)
    throw invalid('TimeToLive is active on a different AttributeName')
  if (enabled && ttlAttribute !== undefined) throw invalid('TimeToLive is already enabled')
  if (!enabled && ttlAttribute === undefined) throw invalid('TimeToLive is already disabled')
  db.define(enabled ? { ...rest, ttlAttribute: attribute } : rest)
  return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } }
}

export function describeTimeToLive(db: Database, body: RequestBody): object {
  const { ttlAttribute } = tableNamed(db, body).schema
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  }
}

function tableNamed(db: Database, body: RequestBody): Table {
  const table = db.tables.get(checkTableName(body.text('TableName')))
  if (table === undefined) throw noTable()
  return table
}

function described(table: Table): object {
  const { schema } = table
  const { name, stream, indexes } = schema
  const createdAt = schema.createdAt / 1_000
  return {
    AttributeDefinitions: schema.attributes.map((each) => ({
      AttributeName: each.name,
      AttributeType: each.type,
    })),
    TableName: name,
    KeySchema: keySchema(schema.keys),
    TableStatus: 'ACTIVE',
    CreationDateTime: createdAt,
    ProvisionedThroughput: {
      LastIncreaseDateTime: 0,
      LastDecreaseDateTime: 0,
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
    },
    TableSizeBytes: table.bytes,
    ItemCount: table.rows.size,
    TableArn: tableArn(name),
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: createdAt },
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => describedIndex(table, index)),
    }),
    ...(stream && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.view },
      LatestStreamLabel: stream.label,
      LatestStreamArn: `${tableArn(name)}/stream/${stream.label}`,
    }),
    DeletionProtectionEnabled: schema.deletionProtected === true,
  }
}

function describedIndex(table: Table, { name, keys, projection }: IndexSchema): object {
  return {
    IndexName: name,
    KeySchema: keySchema(keys),
    Projection: {
      ProjectionType: projection.type,
      ...(projection.type === 'INCLUDE' && { NonKeyAttributes: projection.names }),
    },
    IndexStatus: 'ACTIVE',
    ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    IndexSizeBytes: 0,
    ItemCount: table.index(name).rows.size,
    IndexArn: `${tableArn(table.schema.name)}/index/${name}`,
  }
}

export function keySchema(keys: KeySchema): readonly object[] {
  return keyAttributes(keys).map(({ name }, at) => ({
    AttributeName: name,
    KeyType: at === 0 ? 'HASH' : 'RANGE',
  }))
}
