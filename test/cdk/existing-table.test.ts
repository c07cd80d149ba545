import { App, Stack } from 'aws-cdk-lib'
import {
  AttributeType,
  ProjectionType,
  StreamViewType,
  Table,
  TableV2,
  type ITable,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { expect, test } from 'vitest'
import { DurableProcesses } from '../../lib/cdk/durable-processes.ts'
import type { DurableProcessesProps } from '../../lib/cdk/props.ts'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const ARN = 'arn:aws:dynamodb:eu-central-1:123456789012:table/restored'
const RESTORED = { tableArn: ARN, tableStreamArn: `${ARN}/stream/2026-11-28T10:00:00.000` }
const string = (name: string) => ({ name, type: AttributeType.STRING })
const number = (name: string) => ({ name, type: AttributeType.NUMBER })

const RIGHT: TableProps = {
  partitionKey: string('pk'),
  sortKey: string('sk'),
  timeToLiveAttribute: 'x',
  stream: StreamViewType.NEW_AND_OLD_IMAGES,
}
const INDEXES = [
  { indexName: 'due', partitionKey: string('d'), sortKey: number('da') },
  { indexName: 'list', partitionKey: string('g'), sortKey: number('ca') },
  { indexName: 'scope', partitionKey: string('gs'), sortKey: number('ca') },
  { indexName: 'attention', partitionKey: string('an'), sortKey: number('aa') },
]

function own(props: Partial<TableProps> = {}, indexes = INDEXES): ITable {
  const table = new Table(new Stack(new App(), 'Own'), 'Table', { ...RIGHT, ...props })
  for (const index of indexes) table.addGlobalSecondaryIndex({ ...index, projectionType: ProjectionType.ALL })
  return table
}

function imported(props: { tableArn: string; tableStreamArn?: string } = RESTORED) {
  return (scope: Stack) => TableV2.fromTableAttributes(scope, 'Restored', props)
}

function shapeWith(props: DurableProcessesProps, table: (scope: Stack) => ITable): DeployedShape {
  return new DeployedShape({ workerEntry: ENTRY, ...props }, (scope) => ({
    existingTable: table(scope as Stack),
    alarmTopic: new Topic(scope, 'OnCall'),
  }))
}

test('a stack with an existing table makes none, and each function uses that one', () => {
  using shape = shapeWith({}, imported())
  shape.template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0)
  const { worker, sweep, api, statusEvents } = shape.stack.processes
  for (const { handler } of [worker, sweep, api!, statusEvents!])
    expect(shape.resource(handler.function).Properties['Environment']).toMatchObject({
      Variables: { LEASEHOLD_TABLE: 'restored' },
    })
  const text = JSON.stringify(shape.template.toJSON())
  for (const resource of [ARN, `${ARN}/index/due`, RESTORED.tableStreamArn])
    expect(text).toContain(`"Resource":"${resource}"`)
  for (const index of ['list', 'scope', 'attention']) expect(text).toContain(`"${ARN}/index/${index}"`)
  shape.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: RESTORED.tableStreamArn,
  })
})

test('a table of the app with the right keys, indexes, stream and expiry is taken', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  const stack = new Stack(app, 'Stack')
  const table = new Table(stack, 'Table', RIGHT)
  for (const index of INDEXES) table.addGlobalSecondaryIndex(index)
  const { table: used } = new DurableProcesses(stack, 'Processes', {
    workerEntry: ENTRY,
    existingTable: table,
  })
  expect(used.table).toBe(table)
})

const WRONG: readonly (readonly [string, DurableProcessesProps, ITable, string])[] = [
  ['its keys', {}, own({ partitionKey: string('id') }), 'expected the keys pk and sk'],
  ['its expiry', {}, own({ timeToLiveAttribute: 'ttl' }), 'time to live to be on, by the attribute x'],
  ['its stream', {}, own({ stream: StreamViewType.KEYS_ONLY }), 'expected a stream of NEW_AND_OLD_IMAGES'],
  ['no stream', {}, own({ stream: undefined }), 'has no stream'],
  ['an index that is missing', {}, own({}, INDEXES.slice(1)), 'expected an index due with the keys d and da'],
  ['recoveryDays beside it', { recoveryDays: 7 }, own(), 'recoveryDays: has no effect with existingTable'],
]

test.each(WRONG)('an existing table is refused for %s', (_, props, existingTable, message) => {
  const stack = new Stack(new App(), 'Stack')
  const make = () => new DurableProcesses(stack, 'Processes', { workerEntry: ENTRY, existingTable, ...props })
  expect(make).toThrow(message)
})

test('a table without a stream is enough when status events are off', () => {
  using shape = shapeWith({ statusEvents: false }, imported({ tableArn: ARN }))
  shape.template.resourceCountIs('AWS::Lambda::EventSourceMapping', 3)
  expect(() => shapeWith({}, imported({ tableArn: ARN }))).toThrow('give its tableStreamArn')
})
