import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, Billing, ProjectionType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { type IndexName, TABLE } from '../registry/table.ts'

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const

type Named = { readonly name: string; readonly type: keyof typeof TYPES }

/**
 * The one table: the truth about every process. On demand, since load is that of its callers; restorable to any second
 * of the last 35 days; kept, and protected, when its stack is deleted.
 */
export class ProcessTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.table = new TableV2(this, 'Table', {
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
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
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

  /** What the sweep takes: the rows that are due, and the leases of those that run. It writes nothing. */
  grantSweep(grantee: IGrantable): Grant {
    return this.#grant(grantee, [this.#indexArn('due')], ['dynamodb:Query']).combine(
      this.#grant(grantee, [this.table.tableArn], ['dynamodb:BatchGetItem']),
    )
  }

  #grant(grantee: IGrantable, resourceArns: string[], actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns })
  }

  #indexArn(name: IndexName): string {
    return `${this.table.tableArn}/index/${name}`
  }
}

function attribute({ name, type }: Named): { name: string; type: AttributeType } {
  return { name, type: TYPES[type] }
}
