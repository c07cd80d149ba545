import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { afterAll, expect, test } from 'vitest'
import { DurableProcesses } from '../../lib/cdk/durable-processes.ts'
import { STATUS_EVENTS_SHAPE } from '../../lib/status-events/shape.ts'
import { DeployedShape } from '../helpers/template.ts'

const shape = new DeployedShape({ workerEntry: import.meta.filename })
afterAll(() => shape[Symbol.dispose]())
const { table } = shape.stack.processes
const { handler, deadLetter, bus } = shape.stack.processes.statusEvents!

test('the stream is read from its oldest record, filtered, bisected, dropped by age only', () => {
  const [mapping, ...others] = shape.pointingAt(
    'AWS::Lambda::EventSourceMapping',
    'FunctionName',
    handler.function,
  )
  expect(others).toEqual([])
  expect(mapping?.Properties).toMatchObject({
    EventSourceArn: { 'Fn::GetAtt': [shape.idOf(table.table), 'StreamArn'] },
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: STATUS_EVENTS_SHAPE.batchSize,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRecordAgeInSeconds: STATUS_EVENTS_SHAPE.recordAgeMaxMs / 1_000,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [shape.idOf(deadLetter), 'Arn'] } } },
  })
  expect([undefined, -1]).toContain(mapping?.Properties['MaximumRetryAttempts'])
  const { Filters } = mapping?.Properties['FilterCriteria'] as { Filters: { Pattern: string }[] }
  expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual(STATUS_EVENTS_SHAPE.filters)
})

test('the function gets table, bus and dead-letter queue from its environment', () => {
  expect(shape.resource(handler.function).Properties['Environment']).toEqual({
    Variables: {
      LEASEHOLD_TABLE: { Ref: shape.idOf(table.table) },
      LEASEHOLD_EVENT_BUS: { 'Fn::GetAtt': [shape.idOf(bus), 'Arn'] },
      LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: { Ref: shape.idOf(deadLetter) },
    },
  })
})

test('the dead-letter queue is encrypted, and refuses requests without TLS', () => {
  expect(shape.resource(deadLetter).Properties['SqsManagedSseEnabled']).toBe(true)
  const [policy] = shape.pointingAt('AWS::SQS::QueuePolicy', 'Queues', deadLetter)
  expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"')
})

test('a given bus is used, and no other is created', () => {
  using own = new DeployedShape({ workerEntry: import.meta.filename }, (scope) => ({
    eventBus: new EventBus(scope, 'Company'),
  }))
  own.template.resourceCountIs('AWS::Events::EventBus', 0)
  const { Environment } = own.resource(own.stack.processes.statusEvents!.handler.function).Properties
  expect(Environment).toMatchObject({
    Variables: {
      LEASEHOLD_EVENT_BUS: { 'Fn::ImportValue': expect.stringMatching(/^Beside:.*Company/u) },
    },
  })
})

test('a bus of another account is named by its ARN, which is also what the function may put to', () => {
  const arn = 'arn:aws:events:eu-central-1:222222222222:event-bus/company'
  using own = new DeployedShape({ workerEntry: import.meta.filename }, (scope) => ({
    alarmTopic: new Topic(scope, 'OnCall'),
    eventBus: EventBus.fromEventBusArn(scope, 'Company', arn),
  }))
  const { handler: function_ } = own.stack.processes.statusEvents!
  const { Environment } = own.resource(function_.function).Properties
  expect(Environment).toMatchObject({ Variables: { LEASEHOLD_EVENT_BUS: arn } })
  const [policy] = own.pointingAt('AWS::IAM::Policy', 'Roles', function_.role)
  const { Statement } = policy?.Properties['PolicyDocument'] as {
    Statement: { Action: string; Resource: unknown }[]
  }
  const put = Statement.filter(({ Action }) => Action === 'events:PutEvents')
  expect(put.map(({ Resource }) => Resource)).toEqual([arn])
})

test('two stacks of an app, or two constructs of a stack, get buses and APIs of different names', () => {
  const names = (type: string, property: string): unknown[] =>
    ['Blue', 'Green'].flatMap((stackName) => {
      const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Same', { stackName })
      for (const id of ['One', 'Two']) new DurableProcesses(stack, id, { workerEntry: import.meta.filename })
      const resources = Object.values(Template.fromStack(stack).findResources(type))
      return resources.map(({ Properties }) => Properties[property])
    })
  for (const [type, property] of [
    ['AWS::Events::EventBus', 'Name'],
    ['AWS::ApiGatewayV2::Api', 'Name'],
  ] as const) {
    const all = names(type, property)
    expect(all).toHaveLength(4)
    expect(new Set(all).size).toBe(4)
    for (const name of all) expect(name).toMatch(/^(Blue|Green)-/u)
  }
})
