import { afterAll, describe, expect, test } from 'vitest'
import { TABLE } from '../../lib/registry/table.ts'
import { deadLetterUrlOf, readEnvironment } from '../../lib/host/environment.ts'
import { queueShape } from '../../lib/queue/shape.ts'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const shape = new DeployedShape({ workerEntry: ENTRY })
afterAll(() => shape[Symbol.dispose]())
const { table, queues, worker, sweep, api, statusEvents } = shape.stack.processes
const functions = { worker, sweep, api: api!, statusEvents: statusEvents! }

describe('the table', () => {
  const { Properties: facts, ...rest } = shape.resource(table.table)
  const keys = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ]

  test('has the keys, the indexes and the projections that the registry writes', () => {
    expect(facts['KeySchema']).toEqual(keys(TABLE.partitionKey.name, TABLE.sortKey.name))
    expect(facts['GlobalSecondaryIndexes']).toEqual(
      TABLE.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keys(index.partitionKey.name, index.sortKey.name),
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: index.projects },
      })),
    )
    const typed = [TABLE, ...TABLE.indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])
    // An attribute may be a key of several indexes, and CloudFormation wants its definition once.
    const once = new Map(typed.map(({ name, type }) => [name, type]))
    expect(facts['AttributeDefinitions']).toEqual(
      [...once].map(([name, type]) => ({ AttributeName: name, AttributeType: type })),
    )
  })

  test('is billed by request, streams both images and lets old items go by TTL', () => {
    expect(facts['BillingMode']).toBe('PAY_PER_REQUEST')
    expect(facts['StreamSpecification']).toEqual({ StreamViewType: TABLE.stream })
    expect(facts['TimeToLiveSpecification']).toEqual({ AttributeName: TABLE.ttlAttribute, Enabled: true })
  })

  test('can be restored, and survives its stack', () => {
    expect(facts['Replicas']).toMatchObject([
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    ])
    expect(rest.DeletionPolicy).toBe('Retain')
  })
})

describe('the queues', () => {
  const work = shape.resource(queues.work).Properties
  const deadLetter = shape.resource(queues.deadLetter).Properties
  const timeoutSeconds = Number(shape.resource(worker.handler.function).Properties['Timeout'])

  test('the work queue hides a message for six times as long as a worker may run', () => {
    expect(timeoutSeconds).toBe(15 * 60)
    expect(work['VisibilityTimeout']).toBeGreaterThanOrEqual(6 * timeoutSeconds)
  })

  test('the work queue gives up a message to the dead-letter queue, which keeps it for longer', () => {
    expect(work['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [shape.idOf(queues.deadLetter), 'Arn'] },
      maxReceiveCount: 5,
    })
    expect(deadLetter['MessageRetentionPeriod']).toBeGreaterThan(Number(work['MessageRetentionPeriod']))
  })

  for (const [name, queue] of [
    ['work', queues.work],
    ['urgent', queues.urgent],
    ['isolation', queues.isolation],
    ['dead-letter', queues.deadLetter],
  ] as const) {
    test(`the ${name} queue is encrypted, and refuses requests without TLS`, () => {
      expect(shape.resource(queue).Properties['SqsManagedSseEnabled']).toBe(true)
      expect(
        shape.pointingAt('AWS::SQS::QueuePolicy', 'Queues', queue).map((policy) => policy.Properties),
      ).toMatchObject([
        {
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Deny',
                Action: 'sqs:*',
                Principal: { AWS: '*' },
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      ])
    })
  }
})

describe('the functions', () => {
  for (const [name, { handler }] of Object.entries(functions)) {
    const facts = shape.resource(handler.function).Properties

    test(`the ${name} runs on Node 24 and arm64`, () => {
      expect(facts).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      })
    })

    test(`the ${name} logs JSON into a group that forgets`, () => {
      const { logGroup } = handler.function
      expect(facts['LoggingConfig']).toMatchObject({
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        LogGroup: { Ref: shape.idOf(logGroup) },
      })
      expect(shape.resource(logGroup).Properties['RetentionInDays']).toBe(30)
    })
  }

  test('the worker alone may wake itself without end', () => {
    const loops = Object.entries(functions).map(([name, { handler }]) => [
      name,
      shape.resource(handler.function).Properties['RecursiveLoop'],
    ])
    expect(Object.fromEntries(loops)).toEqual({ worker: 'Allow' })
  })

  test('each is traced, and has a role of its own', () => {
    const facts = Object.values(functions).map(({ handler }) => shape.resource(handler.function).Properties)
    expect(facts.map((each) => each['TracingConfig'])).toEqual(facts.map(() => ({ Mode: 'Active' })))
    expect(new Set(facts.map((each) => JSON.stringify(each['Role']))).size).toBe(4)
  })

  test('the worker is fed batches of ten, suspects one by one, answers for each and is bounded', () => {
    const mappings = shape.pointingAt(
      'AWS::Lambda::EventSourceMapping',
      'FunctionName',
      worker.handler.function,
    )
    // The urgent queue is polled on its own, so that its messages never stand behind the others.
    expect(mappings.map((mapping) => mapping.Properties)).toMatchObject(
      [queues.work, queues.urgent, queues.isolation].map((queue) => ({
        EventSourceArn: { 'Fn::GetAtt': [shape.idOf(queue), 'Arn'] },
        BatchSize: queue === queues.isolation ? 1 : 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: queueShape().worker.maxInvocations },
      })),
    )
  })

  test('the worker gets its table, queues and timings from its environment', () => {
    expect(shape.resource(worker.handler.function).Properties['Environment']).toEqual({
      Variables: {
        LEASEHOLD_TABLE: { Ref: shape.idOf(table.table) },
        LEASEHOLD_QUEUE_URL: { Ref: shape.idOf(queues.work) },
        LEASEHOLD_URGENT_QUEUE_URL: { Ref: shape.idOf(queues.urgent) },
        LEASEHOLD_ISOLATION_QUEUE_URL: { Ref: shape.idOf(queues.isolation) },
        LEASEHOLD_DEAD_LETTER_URL: { Ref: shape.idOf(queues.deadLetter) },
        LEASEHOLD_LEASE_TTL_MS: '15000',
        LEASEHOLD_RENEW_EVERY_MS: '5000',
        LEASEHOLD_CONCURRENCY: '10',
        LEASEHOLD_MAX_RECEIVES: '5',
      },
    })
  })

  test('the sweep gets its table, queue and interval from its environment', () => {
    expect(shape.resource(sweep.handler.function).Properties['Environment']).toEqual({
      Variables: {
        LEASEHOLD_TABLE: { Ref: shape.idOf(table.table) },
        LEASEHOLD_QUEUE_URL: { Ref: shape.idOf(queues.work) },
        LEASEHOLD_URGENT_QUEUE_URL: { Ref: shape.idOf(queues.urgent) },
        LEASEHOLD_ISOLATION_QUEUE_URL: { Ref: shape.idOf(queues.isolation) },
        LEASEHOLD_SWEEP_EVERY_MS: '60000',
      },
    })
  })

  test.each([
    ['worker', () => worker.handler.function],
    ['sweep', () => sweep.handler.function],
  ])('the environment of the %s has exactly the variables that it reads', (_, handler) => {
    const { Variables } = shape.resource(handler()).Properties['Environment'] as {
      Variables: Record<string, unknown>
    }
    const resolved = Object.entries(Variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : 'deployed',
    ])
    expect(readEnvironment(Object.fromEntries(resolved))).toMatchObject({ LEASEHOLD_TABLE: 'deployed' })
  })

  test('a worker that is not told where dead letters go does not start', () => {
    const told = readEnvironment({ LEASEHOLD_TABLE: 'table', LEASEHOLD_QUEUE_URL: 'queue' })
    expect(() => deadLetterUrlOf(told)).toThrow(/LEASEHOLD_DEAD_LETTER_URL/)
  })
})

describe('the schedule', () => {
  const [schedule, ...others] = shape.pointingAt('AWS::Scheduler::Schedule', 'Target', sweep.handler.function)

  test('calls the sweep once a minute, on the minute rate, and never repeats a pass', () => {
    expect(others).toEqual([])
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    })
    expect(
      shape
        .pointingAt('AWS::Lambda::EventInvokeConfig', 'FunctionName', sweep.handler.function)
        .map((config) => config.Properties),
    ).toMatchObject([{ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }])
  })
})
