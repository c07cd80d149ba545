import { Aws, type Duration, RemovalPolicy } from 'aws-cdk-lib'
import { MathExpression, Metric, Stats, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
  type ITable,
} from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { type IndexName, SWEEP_PARTITION, TABLE } from '../registry/table.ts'
import { expectUsable } from './existing-table.ts'
import { grantTo } from './granting.ts'
import type { Settings } from './props.ts'

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const

type NamedKey = { readonly name: string; readonly type: keyof typeof TYPES }

/**
 * The one table: the truth about every process. On demand, since load is that of its callers; restorable to any second
 * of the last weeks; kept, and protected, when its stack is deleted.
 */
export class ProcessTable extends Construct {
  readonly table: ITable
  readonly #key: IKey | undefined

  constructor(
    scope: Construct,
    id: string,
    props: Pick<
      Settings,
      'encryptionKey' | 'recoveryDays' | 'deletionProtection' | 'keepData' | 'existingTable' | 'statusEvents'
    >,
  ) {
    super(scope, id)
    this.#key = props.encryptionKey
    this.table =
      props.existingTable === undefined ? this.#own(props) : expectUsable(props.existingTable, props)
  }

  #own(props: Pick<Settings, 'recoveryDays' | 'deletionProtection' | 'keepData'>): TableV2 {
    return new TableV2(this, 'Table', {
      partitionKey: attribute(TABLE.partitionKey),
      sortKey: attribute(TABLE.sortKey),
      globalSecondaryIndexes: TABLE.indexes.map((index) => ({
        indexName: index.name,
        partitionKey: attribute(index.partitionKey),
        sortKey: attribute(index.sortKey),
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: [...index.projects],
      })),
      timeToLiveAttribute: TABLE.ttlAttribute,
      dynamoStream: StreamViewType[TABLE.stream],
      billing: Billing.onDemand(),
      encryption:
        this.#key === undefined
          ? TableEncryptionV2.dynamoOwnedKey()
          : TableEncryptionV2.customerManagedKey(this.#key),
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.recoveryDays,
      },
      deletionProtection: props.deletionProtection,
      removalPolicy: props.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /**
   * What running a process takes: its own items, by key. A transaction is authorised as the writes and checks in it.
   * No index, no scan, no delete: old items go by TTL.
   */
  grantRun(grantee: IGrantable): Grant {
    return this.#grant(
      grantee,
      [this.table.tableArn],
      [
        'dynamodb:GetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:ConditionCheckItem',
      ],
    )
  }

  /** What the sweep takes: the rows that are due, and the leases of those that run. It writes one item: the note of its pass. */
  grantSweep(grantee: IGrantable): Grant {
    const noteAlone = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [SWEEP_PARTITION] } }
    return this.grantHealth(grantee).combine(
      this.#grant(grantee, [this.table.tableArn], ['dynamodb:PutItem'], noteAlone),
    )
  }

  /** What shows how the system does: the rows that are due, and the note of the sweep. */
  grantHealth(grantee: IGrantable): Grant {
    return this.#grant(grantee, [this.#indexArn('due')], ['dynamodb:Query']).combine(
      this.#grant(grantee, [this.table.tableArn], ['dynamodb:BatchGetItem']),
    )
  }

  /** What a client that talks to the table takes: to run nothing, it writes the same items as a worker, and it lists. */
  grantClient(grantee: IGrantable): Grant {
    const lists = (['list', 'scope', 'attention'] as const).map((name) => this.#indexArn(name))
    return this.grantRun(grantee).combine(this.#grant(grantee, lists, ['dynamodb:Query']))
  }

  /** What the status-event function takes: the stream, and to give the items of ended processes their time to go. */
  grantStatusEvents(grantee: IGrantable): Grant {
    const stream = this.table.tableStreamArn ?? ''
    return this.#grant(
      grantee,
      [stream],
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    )
      .combine(
        // Lambda requires it of each reader of a stream. It takes no resource, and lists names of streams only.
        this.#grant(grantee, ['*'], ['dynamodb:ListStreams']),
      )
      .combine(
        this.#grant(
          grantee,
          [this.table.tableArn],
          ['dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'],
        ),
      )
  }

  /** Requests that DynamoDB refused for want of capacity, of the table and of its indexes: each counts for itself. */
  metricThrottles({ period }: { period: Duration }): IMetric {
    const { tableName } = this.table
    const places = [{}, ...TABLE.indexes.map(({ name }) => ({ GlobalSecondaryIndexName: name }))]
    const metrics = places.flatMap((place) =>
      ['ReadThrottleEvents', 'WriteThrottleEvents'].map((metricName) => {
        const dimensionsMap = { TableName: tableName, ...place }
        return new Metric({
          namespace: 'AWS/DynamoDB',
          metricName,
          dimensionsMap,
          statistic: Stats.SUM,
          period,
        })
      }),
    )
    return new MathExpression({
      label: 'Throttled requests',
      expression: `SUM([${metrics.map((_, index) => `FILL(m${index}, 0)`).join(', ')}])`,
      usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
      period,
    })
  }

  #grant(
    grantee: IGrantable,
    resourceArns: string[],
    actions: string[],
    conditions?: Record<string, Record<string, readonly string[]>>,
  ): Grant {
    this.#grantKey(grantee)
    return grantTo(this, {
      grantee,
      actions,
      resourceArns,
      ...(conditions === undefined ? {} : { conditions }),
    })
  }

  /** DynamoDB uses a customer's key in the name of the caller. The right holds by way of DynamoDB only. */
  #grantKey(grantee: IGrantable): void {
    if (this.#key === undefined) return
    grantTo(this, {
      grantee,
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resourceArns: [this.#key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
    })
  }

  #indexArn(name: IndexName): string {
    return `${this.table.tableArn}/index/${name}`
  }
}

function attribute({ name, type }: NamedKey): { name: string; type: AttributeType } {
  return { name, type: TYPES[type] }
}
