import { Stack } from 'aws-cdk-lib'
import { CfnGlobalTable, CfnTable, type ITable } from 'aws-cdk-lib/aws-dynamodb'
import { InvalidConfig, type Issue } from '../model/errors.ts'
import { TABLE } from '../registry/table.ts'
import type { Settings } from './props.ts'

/** What a template says of a table, as far as it is looked at here. */
type TableFacts = {
  readonly KeySchema?: readonly { readonly AttributeName?: string; readonly KeyType?: string }[]
  readonly GlobalSecondaryIndexes?: readonly (Pick<TableFacts, 'KeySchema'> & {
    readonly IndexName?: string
    readonly Projection?: { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] }
  })[]
  readonly StreamSpecification?: { readonly StreamViewType?: string }
  readonly TimeToLiveSpecification?: { readonly AttributeName?: string; readonly Enabled?: boolean }
}

/**
 * A table that is given instead of one of our own. One of the app is compared with what the library reads and writes; of one
 * that is imported a template knows the names only. Throws `InvalidConfig`, naming all that is wrong with it.
 */
export function expectUsable(table: ITable, { statusEvents }: Pick<Settings, 'statusEvents'>): ITable {
  const issues = nameIssues(table, statusEvents)
  const resource = table.node.defaultChild
  if (resource instanceof CfnTable || resource instanceof CfnGlobalTable)
    issues.push(...tableIssues(factsOf(resource)))
  if (issues.length > 0)
    throw new InvalidConfig({
      issues: issues.map((message) => ({ path: 'existingTable', message }) satisfies Issue),
    })
  return table
}

function nameIssues(
  { tableArn, tableName, tableStreamArn }: Partial<ITable>,
  statusEvents: boolean,
): string[] {
  if (tableArn === undefined || tableName === undefined)
    return ['expected a table of aws-cdk-lib/aws-dynamodb']
  if (!statusEvents || tableStreamArn !== undefined) return []
  return [
    'has no stream, from which status events and retention live: give its tableStreamArn to TableV2.fromTableAttributes, or set statusEvents to false',
  ]
}

function factsOf(resource: CfnTable | CfnGlobalTable): TableFacts {
  const template = Stack.of(resource).resolve(resource._toCloudFormation()) as {
    readonly Resources: Readonly<Record<string, { readonly Properties?: TableFacts }>>
  }
  return Object.values(template.Resources)[0]?.Properties ?? {}
}

function tableIssues(facts: TableFacts): string[] {
  const { partitionKey, sortKey, indexes, ttlAttribute, stream } = TABLE
  const { TimeToLiveSpecification: ttl, StreamSpecification: streams, GlobalSecondaryIndexes = [] } = facts
  const rules: readonly (readonly [holds: boolean, message: string])[] = [
    [
      hasKeys(facts, [partitionKey.name, sortKey.name]),
      `expected the keys ${partitionKey.name} and ${sortKey.name}`,
    ],
    [
      ttl?.AttributeName === ttlAttribute && ttl.Enabled === true,
      `expected the time to live to be on, by the attribute ${ttlAttribute}`,
    ],
    [streams === undefined || streams.StreamViewType === stream, `expected a stream of ${stream}`],
    ...indexes.map(({ name, partitionKey: hash, sortKey: range, projects }) => {
      const found = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === name)
      const projected = new Set(found?.Projection?.NonKeyAttributes)
      const holds =
        found !== undefined &&
        hasKeys(found, [hash.name, range.name]) &&
        (found.Projection?.ProjectionType === 'ALL' ||
          projects.every((attribute) => projected.has(attribute)))
      const message = `expected an index ${name} with the keys ${hash.name} and ${range.name} that holds ${projects.join(', ')}`
      return [holds, message] as const
    }),
  ]
  return rules.flatMap(([holds, message]) => (holds ? [] : [message]))
}

function hasKeys({ KeySchema = [] }: Pick<TableFacts, 'KeySchema'>, names: readonly string[]): boolean {
  return KeySchema.length === names.length && names.every((name, at) => KeySchema[at]?.AttributeName === name)
}
