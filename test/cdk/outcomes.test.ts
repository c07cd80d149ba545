import { EventBus } from 'aws-cdk-lib/aws-events'
import { afterAll, expect, test } from 'vitest'
import { OUTCOMES_SHAPE } from '../../lib/outcomes/shape.ts'
import { DeployedShape } from '../helpers/template.ts'

const shape = new DeployedShape({ workerEntry: import.meta.filename })
afterAll(() => shape[Symbol.dispose]())
const { table } = shape.stack.processes
const { handler, deadLetter, bus } = shape.stack.processes.outcomes!

test('the stream is read from its oldest record, filtered, halved on failure and given up by age alone', () => {
  const [mapping, ...others] = shape.pointingAt(
    'AWS::Lambda::EventSourceMapping',
    'FunctionName',
    handler.function,
  )
  expect(others).toEqual([])
  expect(mapping?.Properties).toMatchObject({
    EventSourceArn: { 'Fn::GetAtt': [shape.idOf(table.table), 'StreamArn'] },
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: OUTCOMES_SHAPE.batchSize,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRecordAgeInSeconds: OUTCOMES_SHAPE.recordAgeMaxMs / 1_000,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [shape.idOf(deadLetter), 'Arn'] } } },
  })
  expect([undefined, -1]).toContain(mapping?.Properties['MaximumRetryAttempts'])
  const { Filters } = mapping?.Properties['FilterCriteria'] as { Filters: { Pattern: string }[] }
  expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual(OUTCOMES_SHAPE.filters)
})

test('the function is told of table, bus and dead letters', () => {
  expect(shape.resource(handler.function).Properties['Environment']).toEqual({
    Variables: {
      LEASEHOLD_TABLE: { Ref: shape.idOf(table.table) },
      LEASEHOLD_EVENT_BUS: { Ref: shape.idOf(bus) },
      LEASEHOLD_OUTCOMES_DEAD_LETTER_URL: { Ref: shape.idOf(deadLetter) },
    },
  })
})

test('the dead letters are encrypted, and closed to whoever comes without TLS', () => {
  expect(shape.resource(deadLetter).Properties['SqsManagedSseEnabled']).toBe(true)
  const [policy] = shape.pointingAt('AWS::SQS::QueuePolicy', 'Queues', deadLetter)
  expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"')
})

test('a bus that is given is told, and none is made', () => {
  using own = new DeployedShape({ workerEntry: import.meta.filename }, (scope) => ({
    eventBus: new EventBus(scope, 'Company'),
  }))
  own.template.resourceCountIs('AWS::Events::EventBus', 0)
  const { Environment } = own.resource(own.stack.processes.outcomes!.handler.function).Properties
  expect(Environment).toMatchObject({
    Variables: {
      LEASEHOLD_EVENT_BUS: { 'Fn::ImportValue': expect.stringMatching(/^Beside:.*Company/u) },
    },
  })
})
