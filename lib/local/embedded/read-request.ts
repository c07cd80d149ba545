import { readCapacityMode, type CapacityMode } from './capacity.ts'
import { checkTableName } from './create-table.ts'
import type { Database } from './database.ts'
import { bindCondition, operandsOf } from './expressions/condition.ts'
import { ExpressionPlaceholders } from './expressions/placeholders.ts'
import { bindProjection, type ProjectionPaths } from './expressions/projection.ts'
import type { Condition, Constant } from './expressions/syntax.ts'
import { checkScalar } from './key-condition.ts'
import { invalid, unsupported } from './refusal.ts'
import { readAttributes } from './read-values.ts'
import type { RequestBody } from './request.ts'
import type { Rows } from './rows.ts'
import { keyAttributes, keyNames, projectedNames, type IndexSchema, type KeySchema } from './schema.ts'
import type { Table } from './table.ts'
import type { Attributes } from './values.ts'

/** What a query and a scan have in common. */
export type Reading = {
  readonly table: Table
  readonly index: IndexSchema | undefined
  readonly rows: Rows
  readonly keys: KeySchema
  readonly keyCondition: Condition<Constant> | undefined
  readonly filter: Condition<Constant> | undefined
  readonly projection: ProjectionPaths | undefined
  readonly select: string | undefined
  readonly limit: number
  readonly startKey: Attributes | undefined
  readonly consistent: boolean
  readonly mode: CapacityMode
}

const SELECTS = ['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'COUNT', 'SPECIFIC_ATTRIBUTES'] as const
const LEGACY = ['KeyConditions', 'QueryFilter', 'ScanFilter', 'ConditionalOperator', 'AttributesToGet']

export function readReading(db: Database, body: RequestBody, kind: 'Query' | 'Scan'): Reading {
  const name = checkTableName(body.text('TableName'))
  for (const parameter of LEGACY) if (body.has(parameter)) throw unsupported(`the parameter ${parameter}`)
  const table = db.table(name)
  const indexName = body.text('IndexName')
  const index = indexName === undefined ? undefined : table.index(indexName)
  const consistent = body.flag('ConsistentRead') === true
  const limit = body.whole('Limit') ?? Number.POSITIVE_INFINITY
  if (limit < 1) throw invalid('Limit must be greater than or equal to 1')
  const mode = readCapacityMode(body)
  const startRaw = body.raw('ExclusiveStartKey')
  const startKey = startRaw === undefined ? undefined : readAttributes(startRaw, 'request.ExclusiveStartKey')
  const bound = readExpressions(body, kind)
  if (consistent && index !== undefined)
    throw invalid(`Consistent read cannot be true when ${kind === 'Query' ? 'querying' : 'scanning'} a GSI`)
  const keys = index?.schema.keys ?? table.schema.keys
  return {
    table,
    index: index?.schema,
    rows: index?.rows ?? table.rows,
    keys,
    ...bound,
    select: body.text('Select'),
    limit,
    startKey,
    consistent,
    mode,
  }
}

/** Attributes that an index does not hold cannot be asked of it, and a query's filter says nothing of its keys. */
export function checkAttributes(reading: Reading, kind: 'Query' | 'Scan'): void {
  const { table, index, keys, filter, projection } = reading
  const filtered =
    filter === undefined
      ? []
      : operandsOf(filter).flatMap((each) => (each.kind === 'path' ? [each.steps] : []))
  if (kind === 'Query')
    for (const steps of filtered) {
      const name = String(steps[0])
      if (!keyNames(keys).includes(name)) continue
      checkScalar(steps.length, name)
      throw invalid(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`,
      )
    }
  const held = index === undefined ? undefined : projectedNames(table.schema, index)
  if (index === undefined || held === undefined) return
  const lacks = (paths: readonly (readonly (string | number)[])[]) =>
    [...new Set(paths.map(([name]) => String(name)).filter((name) => !held.has(name)))].toSorted()
  const unfiltered = kind === 'Query' ? lacks(filtered) : []
  if (unfiltered.length > 0)
    throw invalid(
      `One or more parameter values were invalid: Secondary index ${index.name} does not project one or more filter attributes: [${unfiltered.join(', ')}]`,
    )
  const unprojected = lacks(projection?.paths ?? [])
  if (unprojected.length > 0)
    throw invalid(
      `One or more parameter values were invalid: Global secondary index ${index.name} does not project [${unprojected.join(', ')}]`,
    )
}

/** `Select` agrees with the projection and the index. DynamoDB looks at it last. */
export function checkSelect({ select: asked, projection, index }: Reading): void {
  const select = SELECTS.find((each) => each === asked)
  if (asked !== undefined && select === undefined)
    throw invalid('Select must be ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, COUNT, or SPECIFIC_ATTRIBUTES')
  const projects = projection !== undefined
  if (select === 'SPECIFIC_ATTRIBUTES' && !projects)
    throw invalid(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  if (projects && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES')
    throw invalid(
      `Cannot specify the ProjectionExpression when choosing to get ${select === 'COUNT' ? 'only the Count' : select}`,
    )
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined)
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName')
  if (select === 'ALL_ATTRIBUTES' && index !== undefined && index.projection.type !== 'ALL')
    throw invalid(
      `One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    )
}

function readExpressions(
  body: RequestBody,
  kind: 'Query' | 'Scan',
): Pick<Reading, 'keyCondition' | 'filter' | 'projection'> {
  const filterText = body.text('FilterExpression')
  const projectionText = body.text('ProjectionExpression')
  const keyText = kind === 'Query' ? body.text('KeyConditionExpression') : undefined
  if (kind === 'Query' && keyText === undefined)
    throw invalid(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    )
  checkPlaceholdersNeeded(body, [filterText, keyText], projectionText)
  const placeholders = new ExpressionPlaceholders(body)
  const filter =
    filterText === undefined ? undefined : bindCondition('FilterExpression', filterText, placeholders)
  const projection = projectionText === undefined ? undefined : bindProjection(projectionText, placeholders)
  const keyCondition =
    keyText === undefined ? undefined : bindCondition('KeyConditionExpression', keyText, placeholders)
  placeholders.checkUsed()
  return { keyCondition, filter, projection }
}

function checkPlaceholdersNeeded(
  body: RequestBody,
  conditions: readonly (string | undefined)[],
  projection: string | undefined,
): void {
  if (conditions.some((each) => each !== undefined)) return
  if (projection === undefined && body.has('ExpressionAttributeNames'))
    throw invalid('ExpressionAttributeNames can only be specified when using expressions')
  if (body.has('ExpressionAttributeValues'))
    throw invalid(
      'ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null',
    )
}

/** The start of a page: the key of the row before it, in the table and in the index. */
export function checkStartKey({ table, index, keys }: Reading, key: Attributes): void {
  const wanted = new Map(
    [...keyAttributes(table.schema.keys), ...(index === undefined ? [] : keyAttributes(keys))].map(
      (each) => [each.name, each] as const,
    ),
  )
  if (Object.keys(key).length !== wanted.size)
    throw invalid("Exclusive Start Key must have same size as table's key schema")
  for (const [name, { type }] of wanted) {
    const value = key[name]
    if (value === undefined)
      throw invalid('The provided starting key is invalid: One of the required keys was not given a value')
    if (!(type in value)) throw invalid('Type mismatch for attribute to update')
    if (('S' in value && value.S === '') || ('B' in value && value.B === ''))
      throw invalid(
        `The provided starting key is invalid: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${'S' in value ? 'string' : 'binary'} value. Key: ${name}`,
      )
  }
}
