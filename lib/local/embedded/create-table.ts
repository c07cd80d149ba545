import { invalid, unsupported } from './refusal.ts'
import type { RequestBody } from './request.ts'
import type {
  IndexSchema,
  KeyAttribute,
  KeySchema,
  KeyType,
  IndexProjection,
  StreamView,
  TableSchema,
} from './schema.ts'

const NAME = /^[a-zA-Z0-9_.-]{3,255}$/
/** "20 global secondary indexes per table." */
const INDEXES_MAX = 20
const VIEWS: readonly StreamView[] = ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']
const UNSUPPORTED = [
  'LocalSecondaryIndexes',
  'ProvisionedThroughput',
  'OnDemandThroughput',
  'WarmThroughput',
  'ResourcePolicy',
]

export function checkTableName(name: string | undefined): string {
  if (name === undefined || !NAME.test(name))
    throw invalid(
      "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'",
    )
  return name
}

/** The table that a CreateTable request describes. */
export function readTableSchema(body: RequestBody, now: number): TableSchema {
  const name = checkTableName(body.text('TableName'))
  for (const parameter of UNSUPPORTED)
    if (body.has(parameter)) throw unsupported(`CreateTable with ${parameter}`)
  const defined = readDefinitions(body)
  const keys = readKeys(body, defined)
  const indexes = (body.bodies('GlobalSecondaryIndexes') ?? []).map((each) => readIndex(each, defined))
  checkIndexes(body, indexes)
  checkAllUsed(defined, [keys, ...indexes.map((each) => each.keys)])
  if (body.text('BillingMode') !== 'PAY_PER_REQUEST')
    throw invalid('No provisioned throughput specified for the table')
  const view = readStream(body)
  return {
    name,
    keys,
    attributes: [...defined.values()],
    indexes,
    createdAt: now,
    ...(view !== undefined && { stream: { view, label: new Date(now).toISOString().slice(0, -1) } }),
    ...(body.flag('DeletionProtectionEnabled') === true && { deletionProtected: true }),
  }
}

function readDefinitions(body: RequestBody): ReadonlyMap<string, KeyAttribute> {
  const defined = new Map<string, KeyAttribute>()
  for (const each of body.bodies('AttributeDefinitions') ?? []) {
    const [name, type] = [each.text('AttributeName') ?? '', each.text('AttributeType')]
    if (type !== 'S' && type !== 'N' && type !== 'B')
      throw invalid(
        `Member must satisfy enum value set: [B, N, S]; value '${type}' at 'attributeDefinitions.${name}.attributeType'`,
      )
    defined.set(name, { name, type: type satisfies KeyType })
  }
  return defined
}

function readKeys(body: RequestBody, defined: ReadonlyMap<string, KeyAttribute>): KeySchema {
  const elements = (body.bodies('KeySchema') ?? []).map((each) => ({
    name: each.text('AttributeName') ?? '',
    type: each.text('KeyType'),
  }))
  const [hash, range, ...more] = elements
  if (hash === undefined)
    throw invalid(
      'No defined key schema.  A key schema containing at least a hash key must be defined for all tables',
    )
  if (hash.type !== 'HASH')
    throw invalid('No Hash Key specified in schema.  All Dynamo DB tables must have exactly one hash key')
  if (more.length > 0 || (range !== undefined && range.type !== 'RANGE'))
    throw invalid('Range Key not specified in schema: a key has one HASH and at most one RANGE attribute')
  const partition = defined.get(hash.name)
  if (partition === undefined)
    throw invalid('Hash Key not specified in Attribute Definitions.  Type unknown.')
  if (range === undefined) return { partition }
  const sort = defined.get(range.name)
  if (sort === undefined) throw invalid('Range Key not specified in Attribute Definitions.  Type unknown.')
  return { partition, sort }
}

function readIndex(body: RequestBody, defined: ReadonlyMap<string, KeyAttribute>): IndexSchema {
  if (body.has('ProvisionedThroughput'))
    throw unsupported('CreateTable with ProvisionedThroughput of an index')
  return {
    name: checkTableName(body.text('IndexName')),
    keys: readKeys(body, defined),
    projection: readProjection(body.body('Projection')),
  }
}

function readProjection(body: RequestBody | undefined): IndexProjection {
  const type = body?.text('ProjectionType')
  const names = body?.texts('NonKeyAttributes')
  if (type === 'INCLUDE') {
    if (names === undefined || names.length === 0)
      throw invalid(
        'One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified',
      )
    return { type, names }
  }
  if (type !== 'ALL' && type !== 'KEYS_ONLY') throw invalid(`Unknown ProjectionType: ${type ?? 'null'}`)
  if (names !== undefined)
    throw invalid(
      `One or more parameter values were invalid: ProjectionType is ${type}, but NonKeyAttributes is specified`,
    )
  return { type }
}

function checkIndexes(body: RequestBody, indexes: readonly IndexSchema[]): void {
  if (body.has('GlobalSecondaryIndexes') && indexes.length === 0)
    throw invalid('One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty')
  if (indexes.length > INDEXES_MAX)
    throw invalid(
      `One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of ${INDEXES_MAX}`,
    )
  const names = indexes.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined)
    throw invalid(`One or more parameter values were invalid: Duplicate index name: ${twice}`)
}

function checkAllUsed(defined: ReadonlyMap<string, KeyAttribute>, keys: readonly KeySchema[]): void {
  const used = new Set(keys.flatMap(({ partition, sort }) => [partition.name, sort?.name]))
  if ([...defined.keys()].some((name) => !used.has(name)))
    throw invalid(
      'The number of attributes in key schema must match the number of attributes defined in attribute definitions.',
    )
}

function readStream(body: RequestBody): StreamView | undefined {
  const specification = body.body('StreamSpecification')
  if (specification?.flag('StreamEnabled') !== true) return undefined
  const view = VIEWS.find((each) => each === specification.text('StreamViewType'))
  if (view === undefined)
    throw invalid(
      'One or more parameter values were invalid: StreamViewType is required if StreamEnabled is true',
    )
  return view
}
