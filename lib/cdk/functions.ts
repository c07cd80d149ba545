import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { QueueShape } from '../queue/shape.ts'
import { excuse } from './acknowledged.ts'
import { bundledCode } from './bundling.ts'
import type { FunctionsProps } from './props.ts'
import type { Settings } from './props.ts'
import type { WorkQueues } from './queues.ts'
import type { ProcessTable } from './table.ts'

export type HandlerProps = {
  readonly name: keyof FunctionsProps
  readonly entry: string
  readonly description: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly environment: Record<string, string>
  readonly settings: Pick<
    Settings,
    'logRetentionDays' | 'logLevel' | 'tracing' | 'vpc' | 'vpcSubnets' | 'securityGroups' | 'functions'
  >
} & Pick<
  NodejsFunctionProps,
  'recursiveLoop' | 'retryAttempts' | 'maxEventAge' | 'reservedConcurrentExecutions'
>

/** One of our handlers, with a log group and a role of its own that may write to that group and, so far, nothing else. */
export class HandlerFile extends Construct {
  readonly function: NodejsFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: HandlerProps) {
    super(scope, id)
    const { name, entry, environment, timeoutMs, memoryMb, settings, ...rest } = props
    const { layers, environment: own, ...modules } = settings.functions?.[name] ?? {}
    const logGroup = logGroupOf(this, settings)
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    this.function = new NodejsFunction(this, 'Function', {
      ...rest,
      // CDK's own bundling looks for a lock file above the app and wants each entry to lie under it, and takes no plugin.
      code: bundledCode({ entry, ...modules }),
      handler: 'index.handler',
      environment: { ...own, ...environment },
      ...(layers === undefined ? {} : { layers: [...layers] }),
      ...networkOf(settings),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.millis(timeoutMs),
      memorySize: memoryMb,
      ephemeralStorageSize: Size.mebibytes(512),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      // The one switch there is: Lambda drops lines below it, whatever POWERTOOLS_LOG_LEVEL says.
      applicationLogLevelV2: ApplicationLogLevel[settings.logLevel],
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    })
    if (settings.vpc !== undefined) grantNetwork(this)
    if (settings.tracing)
      excuse(
        this,
        'AwsSolutions-IAM5[Resource::*]',
        'X-Ray takes segments for no resource: xray:Put* need *.',
      )
  }
}

function networkOf({ vpc, vpcSubnets, securityGroups }: HandlerProps['settings']) {
  if (vpc === undefined) return {}
  return {
    vpc,
    ...(vpcSubnets === undefined ? {} : { vpcSubnets }),
    ...(securityGroups === undefined ? {} : { securityGroups: [...securityGroups] }),
  }
}

/** What Lambda does in the name of a function that runs in a network: EC2 knows no resource for it beforehand. */
function grantNetwork(handler: HandlerFile): void {
  handler.role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  )
  excuse(
    handler,
    'AwsSolutions-IAM5[Resource::*]',
    'Network interfaces of a function have no name beforehand.',
  )
}

/** Logs that are forgotten after a while, and with their stack. */
export function logGroupOf(
  scope: Construct,
  { logRetentionDays }: Pick<Settings, 'logRetentionDays'>,
): LogGroup {
  return new LogGroup(scope, 'Logs', {
    // Checked to be one of them: a number of days is what the enum holds.
    retention: logRetentionDays as RetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
}

/** The environment of a function that wakes suspects, or that looks at all queues. */
export function isolationOf({ isolation }: WorkQueues): Record<string, string> {
  return { LEASEHOLD_ISOLATION_QUEUE_URL: isolation.queueUrl }
}

/** The environment of each function that reads the table and sends wake-ups. */
export function placesOf({ table }: ProcessTable, { work, urgent }: WorkQueues): Record<string, string> {
  return {
    LEASEHOLD_TABLE: table.tableName,
    LEASEHOLD_QUEUE_URL: work.queueUrl,
    LEASEHOLD_URGENT_QUEUE_URL: urgent.queueUrl,
  }
}

export type WorkerProps = {
  readonly entry: string
  readonly shape: QueueShape
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly settings: Settings
}

/** Takes messages off the work queue, claims their processes and runs them. */
export class Worker extends Construct {
  readonly handler: HandlerFile

  constructor(scope: Construct, id: string, { entry, shape, table, queues, settings }: WorkerProps) {
    super(scope, id)
    this.handler = new HandlerFile(this, 'Handler', {
      name: 'worker',
      entry,
      description: 'Leasehold: claims processes and runs them',
      timeoutMs: shape.worker.timeoutMs,
      memoryMb: shape.worker.memoryMb,
      environment: {
        ...placesOf(table, queues),
        ...isolationOf(queues),
        LEASEHOLD_DEAD_LETTER_URL: queues.deadLetter.queueUrl,
        LEASEHOLD_LEASE_TTL_MS: String(settings.leaseTtlMs),
        LEASEHOLD_RENEW_EVERY_MS: String(settings.renewEveryMs),
        LEASEHOLD_CONCURRENCY: String(shape.worker.concurrency),
        LEASEHOLD_MAX_RECEIVES: String(shape.work.maxReceiveCount),
      },
      // A process that parks or hands over wakes itself: worker → queue → worker is how it lives for months.
      // Lambda takes more than about 16 such rounds for a runaway and would stop the chain. What bounds a true runaway
      // is in the library: a process that kills its workers backs off, and ends after MAX_STALLS of them.
      recursiveLoop: RecursiveLoop.ALLOW,
      settings,
      ...(settings.reservedInvocations === undefined
        ? {}
        : { reservedConcurrentExecutions: settings.reservedInvocations }),
    })
    table.grantRun(this.handler.role)
    queues.grantRun(this.handler.role)
    for (const queue of queues.polled) {
      this.handler.function.addEventSource(
        new SqsEventSource(queue, {
          // A suspect has its invocation for itself.
          batchSize: queue === queues.isolation ? 1 : shape.worker.batchSize,
          maxConcurrency: shape.worker.maxInvocations,
          reportBatchItemFailures: true,
        }),
      )
    }
  }
}
