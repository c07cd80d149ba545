import { App, Stack } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, test } from 'vitest'
import { settingsOf } from '../../lib/cdk/checked-props.ts'
import { DurableProcesses } from '../../lib/cdk/durable-processes.ts'
import { PROP_DEFAULTS, type DurableProcessesProps } from '../../lib/cdk/props.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'

const stack = new Stack(new App(), 'Props')
const topic = new Topic(stack, 'Topic')
const bus = new EventBus(stack, 'Bus')
const ENTRY = import.meta.filename

test('without props the defaults hold, and a prop that is undefined is not there', () => {
  expect(settingsOf()).toEqual(PROP_DEFAULTS)
  expect(settingsOf({ workerTimeoutMs: undefined, eventBus: undefined })).toEqual(PROP_DEFAULTS)
})

/** A prop that cannot be as it is, and what is said of it: the name, and what to change. */
const REFUSED: readonly (readonly [DurableProcessesProps, string])[] = [
  [{ workerTimeoutMs: 29_999 }, 'workerTimeoutMs: expected a whole number from 30000 to 900000, got 29999'],
  [{ workerTimeoutMs: 900_001 }, 'workerTimeoutMs: expected a whole number from 30000 to 900000, got 900001'],
  [{ workerMemoryMb: 128 }, 'workerMemoryMb: expected a whole number from 256 to 10240, got 128'],
  [{ workerMemoryMb: 512.5 }, 'workerMemoryMb: expected a whole number from 256 to 10240, got 512.5'],
  [{ batchSize: 11 }, 'batchSize: expected a whole number from 1 to 10, got 11'],
  [{ concurrency: 0 }, 'concurrency: expected a whole number from 1 to 10, got 0'],
  [{ batchSize: 5, concurrency: 6 }, 'concurrency: expected at most batchSize (5), got 6'],
  [{ maxInvocations: 1 }, 'maxInvocations: expected a whole number from 2 to 1000, got 1'],
  [{ reservedInvocations: 299 }, 'reservedInvocations: expected at least 3 × maxInvocations (300), got 299'],
  [{ maxReceives: 1 }, 'maxReceives: expected a whole number from 2 to 10, got 1'],
  [{ leaseTtlMs: 14_000 }, 'leaseTtlMs: expected at least 3 × renewEveryMs (15000), got 14000'],
  [{ renewEveryMs: 999 }, 'renewEveryMs: expected a whole number from 1000 to 300000, got 999'],
  [{ sweepEveryMs: 4_000 }, 'sweepEveryMs: expected a whole number from 5000 to 900000, got 4000'],
  [{ sweepEveryMs: 25_000 }, 'sweepEveryMs: expected whole minutes, or a part that divides a minute'],
  [{ sweepEveryMs: 90_000 }, 'sweepEveryMs: expected whole minutes, or a part that divides a minute'],
  [{ apiAuth: 'none' as 'iam' }, "apiAuth: expected 'iam' or 'jwt'"],
  [{ apiAuth: 'jwt' }, "apiAuth: 'jwt' needs jwtIssuer and jwtAudience: set both"],
  [{ jwtIssuer: 'https://id.example' }, 'apiAuth: jwtIssuer and jwtAudience are not looked at'],
  [
    { apiAuth: 'jwt', jwtIssuer: 'http://id.example', jwtAudience: ['a'] },
    'jwtIssuer: expected a URL that begins',
  ],
  [
    { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: [] },
    'jwtAudience: expected at least one',
  ],
  [{ apiRequestsPerSecond: 0 }, 'apiRequestsPerSecond: expected a whole number from 1 to 10000, got 0'],
  [{ apiBurst: 5_001 }, 'apiBurst: expected a whole number from 1 to 5000, got 5001'],
  [{ api: false, apiBurst: 10 }, 'apiBurst: has no effect without api: remove it, or set api to true'],
  [{ api: false, apiEntry: ENTRY }, 'apiEntry: has no effect without api'],
  [{ apiTokenRoutes: 'yes' as never }, 'apiTokenRoutes: expected true or false'],
  [{ api: false, apiTokenRoutes: true }, 'apiTokenRoutes: has no effect without api'],
  [{ apiTokenRequestsPerSecond: 5 }, 'apiTokenRequestsPerSecond: has no effect without apiTokenRoutes'],
  [
    { apiTokenRoutes: true, apiTokenRequestsPerSecond: 0 },
    'apiTokenRequestsPerSecond: expected a whole number',
  ],
  [{ existingTable: 'table' as never }, 'existingTable: expected a construct of the app'],
  [{ logLevel: 'TRACE' as 'INFO' }, "logLevel: expected 'DEBUG', 'INFO', 'WARN' or 'ERROR'"],
  [
    { statusEvents: false, eventBus: bus },
    'eventBus: has no effect without statusEvents: remove it, or set statusEvents to true',
  ],
  [{ eventBus: 'my-bus' as never }, 'eventBus: expected a construct of the app'],
  [{ api: false, apiCorsOrigins: ['*'] }, 'apiCorsOrigins: has no effect without api'],
  [{ apiCorsOrigins: [] }, 'apiCorsOrigins: expected at least one origin'],
  [{ apiCorsOrigins: ['https://shop.example/'] }, 'apiCorsOrigins.0: expected an origin such as'],
  [{ apiCorsOrigins: ['*', 'https://shop.example'] }, "apiCorsOrigins: '*' lets every origin in"],
  [{ vpcSubnets: {} }, 'vpcSubnets: has no effect without vpc: remove it, or set vpc'],
  [{ securityGroups: [topic as never] }, 'securityGroups: has no effect without vpc'],
  [{ vpc: 'vpc-1' as never }, 'vpc: expected a construct of the app'],
  [
    { functions: { wroker: {} } as never },
    'functions.wroker: no such prop: remove it, or spell it as one of api,',
  ],
  [
    { functions: { worker: { env: {} } as never } },
    'functions.worker.env: no such prop: remove it, or spell',
  ],
  [
    { functions: { worker: { environment: { LEASEHOLD_TABLE: 't' } } } },
    'functions.worker.environment.LEASEHOLD_TABLE: "LEASEHOLD_TABLE" is set by the library or by Lambda',
  ],
  [
    { functions: { worker: { environment: { '1A': 't' } } } },
    'functions.worker.environment.1A: expected a letter, then letters, digits and _, got "1A"',
  ],
  [
    { functions: { sweep: { environment: { A: 1 as never } } } },
    'functions.sweep.environment.A: expected a text',
  ],
  [
    { functions: { worker: { layers: ['arn' as never] } } },
    'functions.worker.layers.0: expected a layer of the app',
  ],
  [
    { workerEntry: ENTRY, functions: { worker: { externalModules: ['./a'] } } },
    'functions.worker.externalModules.0: expected the name of a package, got "./a"',
  ],
  [
    { functions: { worker: { nativeModules: ['sharp'] } } },
    'functions.worker.nativeModules: has no effect without workerEntry',
  ],
  [
    { workerEntry: ENTRY, functions: { worker: { nativeModules: ['a'], externalModules: ['a'] } } },
    'functions.worker.nativeModules: a is in externalModules too',
  ],
  [{ api: false, functions: { api: {} } }, 'functions.api: has no effect without api: remove it'],
  [{ payloadBucket: true }, 'payloadBucket: true needs a workerEntry and an apiEntry that pass S3Payloads'],
  [{ payloadBucket: true, api: false }, 'payloadBucket: true needs a workerEntry that pass S3Payloads'],
  [
    { payloadBucket: true, statusEvents: false, workerEntry: ENTRY, apiEntry: ENTRY, payloadExpiryDays: 30 },
    'payloadExpiryDays: expected more than 30, for which an ended process is kept, got 30',
  ],
  [{ payloadExpiryDays: 60 }, 'payloadExpiryDays: has no effect without payloadBucket'],
  [
    { payloadBucket: true, workerEntry: ENTRY, apiEntry: ENTRY, payloadExpiryDays: 60 },
    'payloadExpiryDays: has no effect with statusEvents',
  ],
  [{ keepData: false }, 'keepData: false deletes the table with its stack, which deletionProtection forbids'],
  [{ recoveryDays: 36 }, 'recoveryDays: expected a whole number from 1 to 35, got 36'],
  [{ logRetentionDays: 31 }, 'logRetentionDays: expected a number of days that CloudWatch Logs knows'],
  [{ alarms: false, alarmTopic: topic }, 'alarmTopic: has no effect without alarms'],
  [{ oldestDueAlarmMs: 59_999 }, 'oldestDueAlarmMs: expected a whole number from 60000'],
  [{ workerEntry: './worker.ts' }, 'workerEntry: expected an absolute path: join(import.meta.dirname'],
  [{ tracing: 'yes' as never }, 'tracing: expected true or false'],
  [
    { sweepEvery: 15_000 } as DurableProcessesProps,
    'sweepEvery: no such prop: remove it, or spell it as one of ',
  ],
]

describe('refused, with what to change:', () => {
  test.each(REFUSED.map(([props, message]) => ({ props, message })))(
    '$message, given $props',
    ({ props, message }) => {
      expect(() => settingsOf(props)).toThrow(InvalidConfig)
      expect(() => settingsOf(props)).toThrow(`configuration: ${message}`)
    },
  )

  test('all issues at once, so that one synthesis tells of each', () => {
    expect(() => settingsOf({ batchSize: 0, maxReceives: 99 })).toThrow(/batchSize.*; maxReceives/u)
  })

  test('by the construct, before it makes anything', () => {
    expect(() => new DurableProcesses(stack, 'Refused', { batchSize: 0 })).toThrow('batchSize')
    expect(stack.node.tryFindChild('Refused')?.node.children).toEqual([])
  })

  test('a key of its own in a stack that does not know its Region', () => {
    const encryptionKey = new Key(stack, 'Key')
    expect(() => new DurableProcesses(stack, 'Regionless', { encryptionKey })).toThrow(
      'encryptionKey: needs a stack that knows its Region',
    )
  })
})

describe('taken:', () => {
  test.each<[string, DurableProcessesProps]>([
    ['the smallest', { workerTimeoutMs: 30_000, batchSize: 1, concurrency: 1, maxInvocations: 2 }],
    ['passes every 15 s', { sweepEveryMs: 15_000 }],
    ['passes every 5 minutes', { sweepEveryMs: 300_000 }],
    ['tokens', { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['leasehold'] }],
    ['no protection, for a stack to throw away', { deletionProtection: false, keepData: false }],
    ['a bus and a topic that are given', { eventBus: bus, alarmTopic: topic }],
    ['a bucket, with entries that use it', { payloadBucket: true, workerEntry: ENTRY, apiEntry: ENTRY }],
  ])('%s', (_, props) => {
    expect(settingsOf(props)).toEqual({ ...PROP_DEFAULTS, ...props })
  })

  test.each<[string, DurableProcessesProps]>([
    ['fewer processes at once', { concurrency: 2 }],
    ['smaller batches', { batchSize: 2 }],
  ])('%s, so that no message waits in a batch for another one to end', (_, props) => {
    expect(settingsOf(props)).toEqual({ ...PROP_DEFAULTS, batchSize: 2, concurrency: 2 })
  })
})
