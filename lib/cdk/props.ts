import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import {
  CONCURRENCY,
  LEASE_RENEW_EVERY_MS,
  LEASE_TTL_MS,
  MAX_RECEIVES,
  SQS_BATCH_MAX,
  SWEEP_EVERY_MS,
  WORKER_MAX_INVOCATIONS,
  WORKER_MEMORY_MB,
  WORKER_TIMEOUT_MS,
} from '../model/limits.ts'

/** Additions to one of the functions. */
export type FunctionProps = {
  /** Variables of your own. Names that begin with `LEASEHOLD_` or `AWS_` are the library's and Lambda's. */
  readonly environment?: Readonly<Record<string, string>>
  /** At most five, of arm64. */
  readonly layers?: readonly ILayerVersion[]
  /** Packages that the bundle leaves out, because a layer has them. */
  readonly externalModules?: readonly string[]
  /** Packages that no file can hold, such as those with a binary: npm installs them beside the bundle, for Lambda's platform. */
  readonly nativeModules?: readonly string[]
}

/** The functions, by the parts that they are of. */
export type FunctionsProps = {
  readonly worker?: FunctionProps
  readonly sweep?: FunctionProps
  readonly api?: FunctionProps
  readonly statusEvents?: FunctionProps
}

/** The props of `DurableProcesses`. Names say the unit; docs/deploy.md has each with its range. */
export type DurableProcessesProps = EntryProps &
  Partial<ChosenProps> & {
    /** Default: AWS's own key, which costs nothing and shows in no audit. */
    readonly encryptionKey?: IKey
    /** Days after which each object is deleted. Only with `statusEvents: false`: otherwise each is deleted after its process. */
    readonly payloadExpiryDays?: number
    /**
     * A table that is there already, such as one restored from a backup: `TableV2.fromTableAttributes` with its stream, or one
     * of the app. Default: a table of its own. See docs/operating/restore.md.
     */
    readonly existingTable?: ITable
    /** Capacity that is set aside for the worker, and a bound on it. Default: the account's, shared. */
    readonly reservedInvocations?: number
    /** The issuer of the callers' tokens, with `apiAuth: 'jwt'`. */
    readonly jwtIssuer?: string
    readonly jwtAudience?: readonly string[]
    /** Where status events go. Default: a bus of its own. */
    readonly eventBus?: IEventBus
    /** Origins whose pages may call the API from a browser, such as `https://shop.example`. Default: none. */
    readonly apiCorsOrigins?: readonly string[]
    /** The network that all functions run in. Default: Lambda's own. Its subnets need a way to each AWS service that is used. */
    readonly vpc?: IVpc
    /** Default: the private subnets of `vpc`. */
    readonly vpcSubnets?: SubnetSelection
    /** Default: one of its own for each function, which lets all out and nothing in. */
    readonly securityGroups?: readonly ISecurityGroup[]
    /** Additions to single functions: variables, layers, packages that their bundles leave out. */
    readonly functions?: FunctionsProps
    /** The topic of alarms. Default: none; the console shows them. */
    readonly alarmTopic?: ITopic
    /** The topic for the end of an alarm. Default: none, since each alarm also turns OK when it is first deployed. */
    readonly alarmOkTopic?: ITopic
  }

/** Absolute paths of modules that export `handler`. Default: this package's own. */
type EntryProps = {
  /** Lists the definitions: `workerHandler({ definitions })`. */
  readonly workerEntry?: string
  readonly sweepEntry?: string
  /** Lists the definitions that may be started through it: `apiHandler({ definitions })`. */
  readonly apiEntry?: string
  readonly statusEventsEntry?: string
}

/** The props that have a default. */
export type ChosenProps = {
  readonly workerTimeoutMs: number
  readonly workerMemoryMb: number
  /** Messages of one invocation. As `concurrency` if only that is given: more messages would wait for the others to end. */
  readonly batchSize: number
  /** Processes that one invocation runs at once. As `batchSize` if only that is given. */
  readonly concurrency: number
  /** Invocations at once, for each of the three queues. */
  readonly maxInvocations: number
  /** Deliveries of a message before it goes to the dead-letter queue. */
  readonly maxReceives: number
  readonly leaseTtlMs: number
  readonly renewEveryMs: number
  readonly sweepEveryMs: number
  readonly api: boolean
  readonly apiAuth: 'iam' | 'jwt'
  readonly apiRequestsPerSecond: number
  readonly apiBurst: number
  /** Whether the token alone is enough to answer a callback, or to complete an external process. */
  readonly apiTokenRoutes: boolean
  readonly apiTokenRequestsPerSecond: number
  readonly statusEvents: boolean
  /** A bucket for values over 350 KB. The entries have to use it: see docs/deploy.md. */
  readonly payloadBucket: boolean
  readonly recoveryDays: number
  readonly deletionProtection: boolean
  /** Whether table and bucket stay when their stack is deleted. */
  readonly keepData: boolean
  readonly logRetentionDays: number
  /** Lines below it are not written. `DEBUG` shows each count as a line with its facts. */
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'
  readonly tracing: boolean
  readonly alarms: boolean
  readonly oldestDueAlarmMs: number
  readonly queueAgeAlarmMs: number
  readonly dashboard: boolean
}

/** docs/deploy.md repeats them; a test compares. */
export const PROP_DEFAULTS = {
  workerTimeoutMs: WORKER_TIMEOUT_MS,
  workerMemoryMb: WORKER_MEMORY_MB,
  batchSize: SQS_BATCH_MAX,
  concurrency: CONCURRENCY,
  maxInvocations: WORKER_MAX_INVOCATIONS,
  maxReceives: MAX_RECEIVES,
  leaseTtlMs: LEASE_TTL_MS,
  renewEveryMs: LEASE_RENEW_EVERY_MS,
  sweepEveryMs: SWEEP_EVERY_MS,
  api: true,
  apiAuth: 'iam',
  apiRequestsPerSecond: 100,
  apiBurst: 200,
  apiTokenRoutes: false,
  apiTokenRequestsPerSecond: 20,
  statusEvents: true,
  payloadBucket: false,
  recoveryDays: 35,
  deletionProtection: true,
  keepData: true,
  logRetentionDays: 30,
  logLevel: 'INFO',
  tracing: true,
  alarms: true,
  oldestDueAlarmMs: 300_000,
  queueAgeAlarmMs: 900_000,
  dashboard: true,
} as const satisfies ChosenProps

/** The props with their defaults, checked. */
export type Settings = ChosenProps & Omit<DurableProcessesProps, keyof ChosenProps>
