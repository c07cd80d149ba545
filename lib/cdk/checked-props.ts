import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import * as v from 'valibot'
import { InvalidConfig, type Issue } from '../model/errors.ts'
import {
  HANDOVER_MARGIN_MS,
  RENEWALS_PER_TTL,
  RETENTION_MS,
  SQS_BATCH_MAX,
  SWEEP_EVERY_MIN_MS,
} from '../model/limits.ts'
import { FUNCTIONS, functionIssues } from './function-props.ts'
import { withoutEffect, type PropRule } from './props-without-effect.ts'
import { PROP_DEFAULTS, type DurableProcessesProps, type Settings } from './props.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 3_600_000
/** Work, urgent and isolation: each has pollers of its own. */
const QUEUES_POLLED = 3
const RETENTIONS: ReadonlySet<unknown> = new Set(
  Object.values(RetentionDays).filter((days) => typeof days === 'number'),
)

const flag = v.boolean('expected true or false')
const text = v.pipe(v.string('expected a text'), v.minLength(1, 'expected a text, got an empty one'))
const path = v.pipe(
  text,
  v.regex(/^(\/|[A-Za-z]:\\)/u, 'expected an absolute path: join(import.meta.dirname, …)'),
)
/** A construct of the app, made or imported. */
const construct = v.custom<object>(
  (given) => typeof given === 'object' && given !== null && 'node' in given,
  'expected a construct of the app',
)

/** As a browser sends it: no path, no slash at the end. */
const ORIGIN = "expected an origin such as https://shop.example, with no path, or '*'"
const origin = v.pipe(v.string(ORIGIN), v.regex(/^(?:\*|https?:\/\/[^/\s*]+)$/u, ORIGIN))

function whole(least: number, most: number) {
  const message = (issue: v.BaseIssue<unknown>) =>
    `expected a whole number from ${least} to ${most}, got ${issue.received}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message))
}

/** Each prop on its own. The bounds are those of the services, where the reason is not said. */
export const PROPS = {
  workerEntry: v.optional(path),
  sweepEntry: v.optional(path),
  apiEntry: v.optional(path),
  statusEventsEntry: v.optional(path),
  // Room for some work beside the margin in which nothing is begun any more.
  workerTimeoutMs: v.pipe(
    whole(3 * HANDOVER_MARGIN_MS, 15 * MINUTE_MS),
    v.multipleOf(1_000, ({ received }) => `expected whole seconds, as Lambda counts them, got ${received}`),
  ),
  workerMemoryMb: whole(256, 10_240),
  batchSize: whole(1, SQS_BATCH_MAX),
  concurrency: whole(1, SQS_BATCH_MAX),
  maxInvocations: whole(2, 1_000),
  reservedInvocations: v.optional(whole(1, 10_000)),
  maxReceives: whole(2, 10),
  leaseTtlMs: whole(3_000, 10 * MINUTE_MS),
  renewEveryMs: whole(1_000, 5 * MINUTE_MS),
  sweepEveryMs: whole(SWEEP_EVERY_MIN_MS, 15 * MINUTE_MS),
  api: flag,
  apiAuth: v.picklist(['iam', 'jwt'], "expected 'iam' or 'jwt'"),
  apiRequestsPerSecond: whole(1, 10_000),
  apiBurst: whole(1, 5_000),
  apiTokenRoutes: flag,
  apiTokenRequestsPerSecond: whole(1, 5_000),
  jwtIssuer: v.optional(v.pipe(text, v.regex(/^https:\/\//u, 'expected a URL that begins with https://'))),
  jwtAudience: v.optional(v.pipe(v.array(text), v.minLength(1, 'expected at least one audience'))),
  apiCorsOrigins: v.optional(v.pipe(v.array(origin), v.minLength(1, 'expected at least one origin'))),
  vpc: v.optional(construct),
  vpcSubnets: v.optional(
    v.custom<object>(
      (given) => typeof given === 'object' && given !== null,
      'expected a selection of subnets, such as { subnetType }',
    ),
  ),
  securityGroups: v.optional(v.pipe(v.array(construct), v.minLength(1, 'expected at least one group'))),
  functions: v.optional(FUNCTIONS),
  statusEvents: flag,
  eventBus: v.optional(construct),
  payloadBucket: flag,
  payloadExpiryDays: v.optional(whole(2, 3_650)),
  encryptionKey: v.optional(construct),
  existingTable: v.optional(construct),
  recoveryDays: whole(1, 35),
  deletionProtection: flag,
  keepData: flag,
  logRetentionDays: v.custom<number>(
    (days) => RETENTIONS.has(days),
    'expected a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or more',
  ),
  logLevel: v.picklist(['DEBUG', 'INFO', 'WARN', 'ERROR'], "expected 'DEBUG', 'INFO', 'WARN' or 'ERROR'"),
  tracing: flag,
  alarms: flag,
  alarmTopic: v.optional(construct),
  alarmOkTopic: v.optional(construct),
  oldestDueAlarmMs: whole(MINUTE_MS, DAY_MS),
  queueAgeAlarmMs: whole(MINUTE_MS, DAY_MS),
  dashboard: flag,
} as const satisfies Record<keyof DurableProcessesProps, v.GenericSchema>

/** Fills in the defaults. Throws `InvalidConfig`, naming each prop that cannot be as it is and what to change. */
export function settingsOf(props: DurableProcessesProps = {}): Settings {
  const given: DurableProcessesProps = Object.fromEntries(
    Object.entries(props).filter(([, value]) => value !== undefined),
  )
  const settings = { ...PROP_DEFAULTS, ...followed(given), ...given } as Settings
  const issues = Object.entries(settings).flatMap(([name, value]) => issuesOfProp(name, value))
  if (issues.length === 0) issues.push(...contradictions(settings, new Set(Object.keys(given))))
  if (issues.length > 0) throw new InvalidConfig({ issues })
  return settings
}

/**
 * Messages of a batch that are more than an invocation runs at once wait in it for the first ones to end, up to its
 * timeout, and no free worker can have them. So of the two numbers the one that is not given is the other one.
 */
function followed({ batchSize, concurrency }: DurableProcessesProps): DurableProcessesProps {
  // A refused number is reported once.
  if (issuesOfProp('batchSize', concurrency ?? batchSize).length > 0) return {}
  if (concurrency !== undefined) return { batchSize: concurrency }
  return batchSize === undefined ? {} : { concurrency: batchSize }
}

function issuesOfProp(name: string, value: unknown): Issue[] {
  const schema = (PROPS as Record<string, v.GenericSchema>)[name]
  if (schema === undefined) {
    const known = Object.keys(PROPS).toSorted().join(', ')
    return [{ path: name, message: `no such prop: remove it, or spell it as one of ${known}` }]
  }
  const [issue] = v.safeParse(schema, value).issues ?? []
  if (issue === undefined) return []
  const inside = v.getDotPath(issue)
  return [{ path: inside === null ? name : `${name}.${inside}`, message: issue.message }]
}

function contradictions(settings: Settings, given: ReadonlySet<string>): Issue[] {
  return [
    ...ofTimings(settings),
    ...ofParts(settings),
    ...ofData(settings),
    ...withoutEffect(settings, given),
  ]
    .filter(({ breaks }) => breaks)
    .map(({ path: name, message }): Issue => ({ path: name, message }))
    .concat(functionIssues(settings))
}

function ofTimings(settings: Settings): PropRule[] {
  const { leaseTtlMs, renewEveryMs, concurrency, batchSize, sweepEveryMs, maxInvocations } = settings
  const { reservedInvocations } = settings
  const divides = sweepEveryMs < MINUTE_MS ? MINUTE_MS % sweepEveryMs === 0 : sweepEveryMs % MINUTE_MS === 0
  return [
    {
      breaks: leaseTtlMs < RENEWALS_PER_TTL * renewEveryMs,
      path: 'leaseTtlMs',
      message: `expected at least ${RENEWALS_PER_TTL} × renewEveryMs (${RENEWALS_PER_TTL * renewEveryMs}), got ${leaseTtlMs}: two renewals may fail before a lease is lost`,
    },
    {
      breaks: concurrency > batchSize,
      path: 'concurrency',
      message: `expected at most batchSize (${batchSize}), got ${concurrency}: an invocation has no more messages to run`,
    },
    {
      breaks: !divides,
      path: 'sweepEveryMs',
      message: `expected whole minutes, or a part that divides a minute (5, 6, 10, 12, 15, 20 or 30 s), got ${sweepEveryMs}`,
    },
    {
      breaks: reservedInvocations !== undefined && reservedInvocations < QUEUES_POLLED * maxInvocations,
      path: 'reservedInvocations',
      message: `expected at least ${QUEUES_POLLED} × maxInvocations (${QUEUES_POLLED * maxInvocations}), got ${reservedInvocations}: as many queues are polled, and throttled messages count as deliveries`,
    },
  ]
}

function ofParts(settings: Settings): PropRule[] {
  const { api, apiAuth, jwtIssuer, jwtAudience } = settings
  const incomplete = jwtIssuer === undefined || jwtAudience === undefined
  return [
    {
      breaks: api && apiAuth === 'jwt' && incomplete,
      path: 'apiAuth',
      message: "'jwt' needs jwtIssuer and jwtAudience: set both, or apiAuth to 'iam'",
    },
    {
      breaks: api && apiAuth === 'iam' && !(jwtIssuer === undefined && jwtAudience === undefined),
      path: 'apiAuth',
      message: "jwtIssuer and jwtAudience are not looked at with 'iam': remove them, or set apiAuth to 'jwt'",
    },
  ]
}

function ofData(settings: Settings): PropRule[] {
  const { deletionProtection, keepData, payloadBucket, workerEntry, api, apiEntry, payloadExpiryDays } =
    settings
  const keptDays = RETENTION_MS / DAY_MS
  return [
    {
      breaks: deletionProtection && !keepData && settings.existingTable === undefined,
      path: 'keepData',
      message:
        'false deletes the table with its stack, which deletionProtection forbids: set deletionProtection to false too',
    },
    {
      breaks: payloadBucket && (workerEntry === undefined || (api && apiEntry === undefined)),
      path: 'payloadBucket',
      message: `true needs a workerEntry${api ? ' and an apiEntry' : ''} that pass S3Payloads of leasehold/s3: this package's own leave the S3 client out`,
    },
    {
      breaks: payloadBucket && payloadExpiryDays !== undefined && payloadExpiryDays <= keptDays,
      path: 'payloadExpiryDays',
      message: `expected more than ${keptDays}, for which an ended process is kept, got ${payloadExpiryDays}`,
    },
  ]
}
