import { join } from 'node:path'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { App, Duration } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { SCHEDULED_TIME } from '../../lib/cdk/trigger-message.ts'
import { startLocalStack } from '../../lib/local/stack.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { isProcessId } from '../../lib/model/ids.ts'
import { processClientOnAws } from '../../lib/client/on-aws.ts'
import { LocalEvents } from '../helpers/local-events.ts'
import { DeployedShape } from '../helpers/template.ts'
import { deliveredByRule, deliveredBySchedule } from '../helpers/triggers.ts'

const shape = new DeployedShape({ workerEntry: import.meta.filename })
afterAll(() => shape[Symbol.dispose]())
const { processes } = shape.stack
const paid = processes.addTrigger('Paid', {
  kind: 'greet',
  eventPattern: { source: ['shop'], detailType: ['Order Paid'] },
})
const byOrder = processes.addTrigger('ByOrder', {
  kind: 'greet',
  idPrefix: 'ship-',
  idPath: '$.detail.orderId',
  inputPath: '$.detail.parcel',
  scope: 'tenant-7',
  limits: { timeoutMs: 60_000 },
  concurrency: { key: 'parcels', limit: 2 },
  eventPattern: { source: ['shop'] },
})
const nightly = processes.addSchedule('Nightly', {
  kind: 'greet',
  schedule: ScheduleExpression.cron({ hour: '3', minute: '0' }),
  input: { name: `night of ${SCHEDULED_TIME}` },
  limits: { retentionMs: 86_400_000 },
})
const urgent = processes.addSchedule('Urgent', {
  kind: 'greet',
  urgent: true,
  schedule: ScheduleExpression.expression('rate(1 hour)'),
})

const EVENT = {
  id: '6a7e8feb-b491-4cf7-a959-f1bf3cae4a3d',
  source: 'shop',
  time: '2026-11-24T08:00:00Z',
  detail: { name: 'Ann "the" buyer', orderId: 'A.7:1', parcel: { name: 'a parcel', lines: [1, 2] } },
}
const AT = '2026-11-24T03:00:00Z'
const rule = (of: typeof paid) => shape.resource(of).Properties
const schedule = (of: typeof nightly) => shape.resource(of).Properties

describe('what is sent', () => {
  test('a rule sends a start message whose id is the kind and the id of the event', () => {
    expect(JSON.parse(deliveredByRule(rule(paid), EVENT))).toEqual({
      v: 1,
      type: 'start',
      id: `greet-${EVENT.id}`,
      kind: 'greet',
      input: EVENT.detail,
    })
  })

  test('id and input are taken from where the trigger says', () => {
    expect(JSON.parse(deliveredByRule(rule(byOrder), EVENT))).toMatchObject({
      id: 'ship-A.7:1',
      scope: 'tenant-7',
      limits: { timeoutMs: 60_000 },
      concurrency: { key: 'parcels', limit: 2 },
      input: { name: 'a parcel', lines: [1, 2] },
    })
  })

  test('a schedule sends a start message with the id kind and scheduled time', () => {
    const message = JSON.parse(deliveredBySchedule(schedule(nightly), AT)) as { id: string }
    expect(message).toEqual({
      v: 1,
      type: 'start',
      id: `greet-${AT}`,
      kind: 'greet',
      input: { name: `night of ${AT}` },
      limits: { retentionMs: 86_400_000 },
    })
    expect(isProcessId(message.id)).toBe(true)
  })

  test('without an input of its own a schedule tells the time', () => {
    expect(JSON.parse(deliveredBySchedule(schedule(urgent), AT))).toMatchObject({
      input: { scheduledAt: AT },
    })
  })
})

describe('where it goes', () => {
  test('to the work or urgent queue, retried for a day, then to a dead-letter queue', () => {
    const end = { 'Fn::GetAtt': [shape.idOf(processes.undelivered!), 'Arn'] }
    const targets = [
      ...[paid, byOrder].map((of) => (rule(of)['Targets'] as unknown[])[0]),
      ...[nightly, urgent].map((of) => schedule(of)['Target']),
    ]
    const queues = [
      processes.queues.work,
      processes.queues.work,
      processes.queues.work,
      processes.queues.urgent,
    ]
    expect(targets).toMatchObject(
      queues.map((queue) => ({
        Arn: { 'Fn::GetAtt': [shape.idOf(queue), 'Arn'] },
        DeadLetterConfig: { Arn: end },
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      })),
    )
  })

  test('a rule may send to those two queues, by itself alone', () => {
    for (const queue of [processes.queues.work, processes.undelivered!]) {
      const [policy] = shape.pointingAt('AWS::SQS::QueuePolicy', 'Queues', queue)
      expect(policy?.Properties['PolicyDocument']).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [shape.idOf(paid), 'Arn'] } } },
          }),
        ]),
      })
    }
  })

  test('a rule names the scope, or else the kind, as the group of the fair queue, as wake-ups do', () => {
    const groups = [paid, byOrder].map((of) => (rule(of)['Targets'] as unknown[])[0])
    expect(groups).toMatchObject([
      { SqsParameters: { MessageGroupId: 'greet' } },
      { SqsParameters: { MessageGroupId: 'tenant-7' } },
    ])
  })

  test('an alarm tells of starts that could not be delivered', () => {
    const alarms = shape.pointingAt('AWS::CloudWatch::Alarm', 'Dimensions', processes.undelivered!)
    expect(JSON.stringify(alarms)).toContain('QueueName')
  })
})

test.each([
  ['a kind with a blank', { kind: 'my report' }, 'would start nothing'],
  [
    'an id that is too long with what is derived',
    { kind: 'k', idPrefix: 'x'.repeat(240) },
    'would start nothing',
  ],
  ['an id with a slash', { kind: 'k', idPrefix: 'a/' }, 'would start nothing'],
  ['a scope with a blank', { kind: 'k', scope: 'a b' }, 'would start nothing'],
  [
    'a limit that is no number',
    { kind: 'k', limits: { timeoutMs: '1 h' as never } },
    'limits.timeoutMs: expected',
  ],
  ['a key without a limit', { kind: 'k', concurrency: { key: 'k' } as never }, 'would start nothing'],
  [
    'a moment to begin at',
    { kind: 'k', startAt: 5 } as { kind: string },
    'startAt: a trigger starts its process',
  ],
  [
    'an option that does not exist',
    { kind: 'k', scpe: 'a' } as { kind: string },
    'scpe: no such option; did you mean',
  ],
] as const)('a trigger is refused at synthesis for %s', (_, start, message) => {
  using own = new DeployedShape({ workerEntry: import.meta.filename })
  expect(() => own.stack.processes.addTrigger('T', { ...start, eventPattern: { source: ['s'] } })).toThrow(
    message,
  )
  expect(() =>
    own.stack.processes.addSchedule('S', {
      ...start,
      schedule: ScheduleExpression.expression('rate(1 day)'),
    }),
  ).toThrow(InvalidConfig)
})

test('a path that is none is refused at synthesis', () => {
  using own = new DeployedShape({ workerEntry: import.meta.filename })
  expect(() =>
    own.stack.processes.addTrigger('T', { kind: 'k', idPath: 'detail.id', eventPattern: { source: ['s'] } }),
  ).toThrow('idPath: expected a path into the event, such as $.detail.orderId, got detail.id')
})

describe('what a trigger cannot say is refused at synthesis', () => {
  const at = ScheduleExpression.rate(Duration.days(1))
  const on = { eventPattern: { source: ['shop'] } }
  const REFUSED: readonly (readonly [message: string, of: object])[] = [
    [
      'the trigger: would start nothing: the registration is not valid: inputPaht: no such option',
      { ...on, inputPaht: '$.detail' },
    ],
    [
      'the schedule: would start nothing: the registration is not valid: timezone: no such option',
      { schedule: at, timezone: 'UTC' },
    ],
    ['limits.timeout: no such option; did you mean timeoutMs?', { schedule: at, limits: { timeout: 5 } }],
    ['the input cannot be recorded: $.at is a Date', { schedule: at, input: { at: new Date(0) } }],
    ['the input cannot be recorded: $.n is NaN', { schedule: at, input: { n: Number.NaN } }],
  ]
  test.each(REFUSED)('%s', (message, of) => {
    using own = new DeployedShape({ workerEntry: import.meta.filename })
    const asked = { kind: 'greet', ...of }
    const add = (): unknown =>
      'schedule' in of
        ? own.stack.processes.addSchedule('S', asked as never)
        : own.stack.processes.addTrigger('T', asked as never)
    expect(add).toThrow(InvalidConfig)
    expect(add).toThrow(message)
  })

  test('a bus of another account is refused by name, since a rule would stand on another bus', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
    const env = { account: '111111111111', region: 'eu-west-1' }
    const own = new LeaseholdStack(app, 'Own', { env, processes: { workerEntry: import.meta.filename } })
    const eventBus = EventBus.fromEventBusArn(
      own,
      'Bus',
      'arn:aws:events:eu-west-1:222222222222:event-bus/theirs',
    )
    expect(() =>
      own.processes.addTrigger('T', { kind: 'greet', eventPattern: { source: ['s'] }, eventBus }),
    ).toThrow('eventBus: is of 222222222222/eu-west-1, and a rule stands on a bus of its stack')
  })
})

test('an event and a scheduled time that are delivered twice start one process each', async () => {
  const events = new LocalEvents()
  const local = await startLocalStack({
    name: 'triggers',
    dynamoEndpoint: inject('dynamoEndpoint'),
    workerEntry: join(import.meta.dirname, 'fixtures/greeter.ts'),
    statusEvents: false,
    onEvent: events.on,
  })
  try {
    const bodies = [deliveredByRule(rule(paid), EVENT), deliveredBySchedule(schedule(nightly), AT)]
    for (const MessageBody of [...bodies, ...bodies])
      await local.clients.sqs.send(new SendMessageCommand({ QueueUrl: local.queueUrl, MessageBody }))
    const client = processClientOnAws({
      tableName: local.tableName,
      queueUrl: local.queueUrl,
      dynamo: local.clients.dynamo,
      sqs: local.clients.sqs,
    })
    await events.until((all) => all.of('batch').reduce((sum, batch) => sum + batch.received.length, 0) >= 4)
    for (const [id, value] of [
      [`greet-${EVENT.id}`, 'hello Ann "the" buyer'],
      [`greet-${AT}`, `hello night of ${AT}`],
    ] as const) {
      expect(await client.result(id)).toMatchObject({ outcome: 'success', value })
      expect(await client.get(id)).toMatchObject({ fence: 1, status: 'completed' })
    }
    expect(events.of('batch').flatMap(({ failed }) => failed)).toEqual([])
    const { Messages } = await local.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: local.deadLetterUrl }),
    )
    expect(Messages ?? []).toEqual([])
  } finally {
    await local.stop()
  }
})
