import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, LoggingFormat, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { LEASE_RENEW_EVERY_MS, LEASE_TTL_MS } from '../model/limits.ts'
import type { QueueShape } from '../worker/queue/queue-shape.ts'
import { cdkBundling } from './bundling.ts'
import type { WorkQueues } from './queues.ts'
import type { ProcessTable } from './table.ts'

export type HandlerProps = {
  readonly entry: string
  readonly description: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly environment: Record<string, string>
} & Pick<NodejsFunctionProps, 'recursiveLoop' | 'retryAttempts' | 'maxEventAge'>

/** One of our handlers, with a log group and a role of its own that may write to that group and, so far, nothing else. */
export class Handler extends Construct {
  readonly function: NodejsFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: HandlerProps) {
    super(scope, id)
    const { timeoutMs, memoryMb, ...rest } = props
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    this.function = new NodejsFunction(this, 'Function', {
      ...rest,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.millis(timeoutMs),
      memorySize: memoryMb,
      ephemeralStorageSize: Size.mebibytes(512),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      bundling: cdkBundling(),
    })
  }
}

export type WorkerProps = {
  readonly entry: string
  readonly shape: QueueShape
  readonly table: ProcessTable
  readonly queues: WorkQueues
}

/** Takes messages off the work queue, claims their processes and runs them. */
export class Worker extends Construct {
  readonly handler: Handler

  constructor(scope: Construct, id: string, { entry, shape, table, queues }: WorkerProps) {
    super(scope, id)
    this.handler = new Handler(this, 'Handler', {
      entry,
      description: 'Leasehold: claims processes and runs them',
      timeoutMs: shape.worker.timeoutMs,
      memoryMb: shape.worker.memoryMb,
      environment: {
        LEASEHOLD_TABLE: table.table.tableName,
        LEASEHOLD_QUEUE_URL: queues.work.queueUrl,
        LEASEHOLD_URGENT_QUEUE_URL: queues.urgent.queueUrl,
        LEASEHOLD_DEAD_LETTER_URL: queues.deadLetter.queueUrl,
        LEASEHOLD_LEASE_TTL_MS: String(LEASE_TTL_MS),
        LEASEHOLD_RENEW_EVERY_MS: String(LEASE_RENEW_EVERY_MS),
        LEASEHOLD_CONCURRENCY: String(shape.worker.concurrency),
      },
      // A process that parks or hands over rings for itself: worker → queue → worker is how it lives for months.
      // Lambda takes more than about 16 such rounds for a runaway and would stop the chain. What bounds a true runaway
      // is in the library: a process without progress backs off, and ends after MAX_STALLS claims.
      recursiveLoop: RecursiveLoop.ALLOW,
    })
    table.grantRun(this.handler.role)
    queues.grantRun(this.handler.role)
    for (const queue of [queues.work, queues.urgent]) {
      this.handler.function.addEventSource(
        new SqsEventSource(queue, {
          batchSize: shape.worker.batchSize,
          maxConcurrency: shape.worker.maxInvocations,
          reportBatchItemFailures: true,
        }),
      )
    }
  }
}
