import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validations } from 'aws-cdk-lib'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, test } from 'vitest'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename

const TRACES = ['xray:PutTelemetryRecords on anything', 'xray:PutTraceSegments on anything']
const SENDS = ['sqs:SendMessage on urgent queue', 'sqs:SendMessage on work queue']
/** Methods of the construct, and the rights that they give. */
const GRANTED = {
  grantStart: SENDS,
  grantCancel: ['execute-api:Invoke on POST/v1/processes/*/cancel'],
  grantRead: [
    'execute-api:Invoke on GET/openapi.json',
    'execute-api:Invoke on GET/v1/processes',
    'execute-api:Invoke on GET/v1/processes/*',
    'execute-api:Invoke on GET/v1/processes/*/events',
    'execute-api:Invoke on GET/v1/processes/*/result',
  ],
  grantSignal: [
    'execute-api:Invoke on POST/v1/callbacks/complete',
    'execute-api:Invoke on POST/v1/callbacks/fail',
    'execute-api:Invoke on POST/v1/callbacks/heartbeat',
    'execute-api:Invoke on POST/v1/processes/*/complete',
    'execute-api:Invoke on POST/v1/processes/*/signals/*',
  ],
  grantClient: [
    'dynamodb:ConditionCheckItem on table',
    'dynamodb:GetItem on table',
    'dynamodb:PutItem on table',
    'dynamodb:Query on index list',
    'dynamodb:Query on table',
    'dynamodb:UpdateItem on table',
    's3:GetObject on objects of the bucket',
    's3:PutObject on objects of the bucket',
    ...SENDS,
  ],
} as const

const shape = new DeployedShape({ workerEntry: ENTRY })
/** With every part that a prop or a method adds. */
const full = new DeployedShape({
  workerEntry: ENTRY,
  apiEntry: ENTRY,
  payloadBucket: true,
  sweepEveryMs: 15_000,
})
full.stack.processes.addTrigger('Paid', { kind: 'ship', eventPattern: { source: ['shop'] } })
full.stack.processes.addSchedule('Nightly', {
  kind: 'report',
  schedule: ScheduleExpression.cron({ hour: '3' }),
})
/** The app of someone who grants: what nag says of its own roles is its own matter. */
const granting = new DeployedShape({ workerEntry: ENTRY, apiEntry: ENTRY, payloadBucket: true })
const callers = Object.fromEntries(
  Object.keys(GRANTED).map((grant) => {
    const role = new Role(granting.stack, grant, { assumedBy: new AccountRootPrincipal() })
    granting.stack.processes[grant as keyof typeof GRANTED](role)
    return [grant, role]
  }),
) as Record<keyof typeof GRANTED, Role>
afterAll(() => [shape, full, granting].forEach((each) => each[Symbol.dispose]()))
const { worker, sweep, api, outcomes } = shape.stack.processes

describe('the rights', () => {
  test('the worker may do what running a process takes, and nothing else', () => {
    expect(shape.rightsOf(worker.handler.function)).toEqual([
      'dynamodb:ConditionCheckItem on table',
      'dynamodb:GetItem on table',
      'dynamodb:PutItem on table',
      'dynamodb:Query on table',
      'dynamodb:UpdateItem on table',
      'logs:CreateLogStream on worker logs',
      'logs:PutLogEvents on worker logs',
      ...[
        'ChangeMessageVisibility',
        'DeleteMessage',
        'GetQueueAttributes',
        'GetQueueUrl',
        'ReceiveMessage',
      ].flatMap((action) => [`sqs:${action} on urgent queue`, `sqs:${action} on work queue`]),
      'sqs:SendMessage on dead-letter queue',
      'sqs:SendMessage on urgent queue',
      'sqs:SendMessage on work queue',
      ...TRACES,
    ])
  })

  test('the sweep may look and ring, and writes nothing', () => {
    expect(shape.rightsOf(sweep.handler.function)).toEqual([
      'dynamodb:BatchGetItem on table',
      'dynamodb:Query on index due',
      'logs:CreateLogStream on sweep logs',
      'logs:PutLogEvents on sweep logs',
      'sqs:GetQueueAttributes on urgent queue',
      'sqs:GetQueueAttributes on work queue',
      'sqs:SendMessage on urgent queue',
      'sqs:SendMessage on work queue',
      ...TRACES,
    ])
  })

  test('the API may do on the table what a client does, lists, and rings', () => {
    expect(shape.rightsOf(api!.handler.function)).toEqual([
      'dynamodb:ConditionCheckItem on table',
      'dynamodb:GetItem on table',
      'dynamodb:PutItem on table',
      'dynamodb:Query on index list',
      'dynamodb:Query on table',
      'dynamodb:UpdateItem on table',
      'logs:CreateLogStream on api logs',
      'logs:PutLogEvents on api logs',
      'sqs:SendMessage on urgent queue',
      'sqs:SendMessage on work queue',
      ...TRACES,
    ])
  })

  test('the outcomes may read the stream, tell the bus, and give items their time to go', () => {
    expect(shape.rightsOf(outcomes!.handler.function)).toEqual([
      'dynamodb:ConditionCheckItem on table',
      'dynamodb:DescribeStream on stream',
      'dynamodb:GetRecords on stream',
      'dynamodb:GetShardIterator on stream',
      'dynamodb:ListStreams on anything',
      'dynamodb:Query on table',
      'dynamodb:UpdateItem on table',
      'events:PutEvents on event bus',
      'logs:CreateLogStream on outcomes logs',
      'logs:PutLogEvents on outcomes logs',
      'sqs:SendMessage on outcomes dead-letter queue',
      ...TRACES,
    ])
  })

  test('nobody may delete or scan, and no action is a wildcard', () => {
    const all = [worker, sweep, api!, outcomes!].flatMap(({ handler }) => shape.rightsOf(handler.function))
    expect(all.filter((right) => /Delete(?!Message )|Scan|\*/u.test(right))).toEqual([])
  })

  test('with a key of its own each may use the key by way of DynamoDB, and no other', () => {
    using keyed = new DeployedShape({ workerEntry: ENTRY }, (scope) => ({
      encryptionKey: new Key(scope, 'Key', { enableKeyRotation: true }),
    }))
    const own = keyed.stack.processes
    for (const { handler } of [own.worker, own.sweep, own.api!, own.outcomes!])
      expect(keyed.rightsOf(handler.function).filter((right) => right.startsWith('kms:'))).toEqual(
        ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey'].map((action) =>
          expect.stringMatching(new RegExp(`^kms:${action} on \\{"Fn::ImportValue":"Beside:`)),
        ),
      )
    expect(JSON.stringify(keyed.template.toJSON())).toContain('"kms:ViaService"')
    expect(keyed.resource(own.table.table).Properties['SSESpecification']).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
    })
  })

  test.each(Object.entries(GRANTED))('%s gives a role what it says and no more', (grant, rights) => {
    expect(granting.rightsOfRole(callers[grant as keyof typeof GRANTED])).toEqual(rights)
  })

  test.each(['grantCancel', 'grantRead', 'grantSignal'] as const)(
    '%s is refused where callers are known by their tokens, and where there is no API',
    (grant) => {
      const jwt = { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['leasehold'] } as const
      for (const [props, advice] of [
        [jwt, 'leasehold/'],
        [{ api: false }, 'set api to true'],
      ] as const) {
        using own = new DeployedShape({ workerEntry: ENTRY, ...props })
        const role = new Role(own.stack, 'Caller', { assumedBy: new AccountRootPrincipal() })
        expect(() => own.stack.processes[grant](role)).toThrow(advice)
      }
    },
  )
})

describe('the rules of AWS Solutions', () => {
  test('are all kept, and what is excused has its reason on the page of rights', () => {
    expect(new AwsSolutionsChecks(full.app).validateScope(full.app)).toEqual({
      success: true,
      violations: [],
    })
    const excused = full.app.node
      .findAll()
      .flatMap((node) => node.node.metadata)
      .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap((entry) => Object.values(entry.data as Record<string, string>))
    const page = readFileSync(join(import.meta.dirname, '../../docs/decisions/rights.md'), 'utf8')
    expect(excused.length).toBeGreaterThan(0)
    expect([...new Set(excused)].filter((reason) => !page.includes(reason))).toEqual([])
  })

  test('are really checked: a bare queue breaks them', () => {
    using bare = new DeployedShape({ workerEntry: ENTRY })
    new Queue(bare.stack, 'Bare')
    const report = new AwsSolutionsChecks(bare.app).validateScope(bare.app)
    expect(report.violations.map((violation) => violation.ruleName)).toContain('AwsSolutions-SQS4')
  })
})
