import { afterAll, describe, expect, test } from 'vitest'
import { DeployedShape } from '../helpers/template.ts'
import { openDoors, rolesOf, type RoleFacts } from '../helpers/rights.ts'

// Every role of the stack has a row here. A role without one fails, so whoever adds a role says what it may do.

type Row = {
  /** What the role is for. */
  readonly does: string
  readonly trusts: readonly string[]
  /** All of its rights, and no other. */
  readonly may: readonly string[]
  /** What would be a breach, whatever else changes: said apart, so that a widened `may` meets it. */
  readonly mayNot: readonly RegExp[]
}

const LAMBDA = ['lambda.amazonaws.com']
const ownLogs = (group: string) =>
  ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} on ${group}`)
const on = (thing: string, ...actions: readonly string[]) => actions.map((action) => `${action} on ${thing}`)
const TRACES = on('*', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments')
const POLL = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
]

const ROLES: { readonly [path: string]: Row } = {
  'Worker/Handler/Role': {
    does: 'claims processes and runs them',
    trusts: LAMBDA,
    may: [
      ...on(
        'Processes/Table',
        'dynamodb:ConditionCheckItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ),
      ...on('Queues/Work', ...POLL, 'sqs:SendMessage'),
      ...on('Queues/Urgent', ...POLL, 'sqs:SendMessage'),
      ...on('Queues/DeadLetter', 'sqs:SendMessage'),
      ...ownLogs('Worker/Handler/Logs'),
      ...TRACES,
    ],
    // It deletes no item and no table, reads no list of processes, and takes nothing back from the dead letters.
    mayNot: [
      /dynamodb:Delete/u,
      /dynamodb:\w*Table/u,
      /dynamodb:.* on .*index/u,
      /sqs:(Receive|Delete)\w* on Queues\/DeadLetter/u,
      /lambda:/u,
    ],
  },
  'Sweep/Handler/Role': {
    does: 'finds what is due and rings for it',
    trusts: LAMBDA,
    may: [
      ...on('Processes/Table', 'dynamodb:BatchGetItem'),
      ...on('Processes/Table/index/due', 'dynamodb:Query'),
      ...on('Queues/Work', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...on('Queues/Urgent', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...ownLogs('Sweep/Handler/Logs'),
      ...TRACES,
    ],
    // It writes nothing to the table, and takes no message from a queue.
    mayNot: [
      /dynamodb:(Put|Update|Delete|BatchWrite|Transact|PartiQL)/u,
      /sqs:(Receive|Delete|Purge)/u,
      /lambda:/u,
    ],
  },
  'Api/Handler/Role': {
    does: 'starts, shows, signals and cancels for those who ask',
    trusts: LAMBDA,
    may: [
      ...on(
        'Processes/Table',
        'dynamodb:ConditionCheckItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ),
      ...on('Processes/Table/index/list', 'dynamodb:Query'),
      ...on('Queues/Work', 'sqs:SendMessage'),
      ...on('Queues/Urgent', 'sqs:SendMessage'),
      ...ownLogs('Api/Handler/Logs'),
      ...TRACES,
    ],
    // It takes no message from a queue, removes nothing, and does not read what is due: that is the sweep's.
    mayNot: [/dynamodb:Delete/u, /dynamodb:.* on .*index\/due/u, /sqs:(Receive|Delete|Purge)/u, /lambda:/u],
  },
  'Outcomes/Handler/Role': {
    does: 'tells the bus how processes come out, and lets go of what belongs to ended ones',
    trusts: LAMBDA,
    may: [
      ...on(
        'Processes/Table',
        'dynamodb:ConditionCheckItem',
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ),
      ...on('*', 'dynamodb:ListStreams'),
      ...on('Outcomes/Bus', 'events:PutEvents'),
      ...on('Outcomes/DeadLetter', 'sqs:SendMessage'),
      ...ownLogs('Outcomes/Handler/Logs'),
      ...TRACES,
    ],
    // It puts and deletes no item, rings for nothing, and speaks to no bus but its own.
    mayNot: [
      /dynamodb:(Put|Delete|BatchWrite)/u,
      /dynamodb:.* on .*index/u,
      /sqs:.* on Queues/u,
      /events:PutEvents on (?!Outcomes\/Bus)/u,
      /lambda:/u,
    ],
  },
  'Sweep/ScheduleRole': {
    does: 'lets the schedule call the sweep',
    trusts: ['scheduler.amazonaws.com, if {"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}'],
    may: ['lambda:InvokeFunction on Sweep/Handler/Function'],
    mayNot: [/^(?!lambda:InvokeFunction on Sweep\/)/u],
  },
}

/** What no role may do, with what it would come to. */
const NOBODY: readonly (readonly [RegExp, string])[] = [
  [/^\S*\* on/u, 'a wildcard of actions'],
  [/ on \*$/u, 'every thing of the account'],
  [/ on .*\*/u, 'a wildcard of things'],
  [/^iam:/u, 'rights over rights, PassRole among them'],
  [/^sts:/u, 'becoming somebody else'],
  [
    /^dynamodb:(Scan|PartiQL\w+|DeleteTable|UpdateTable|RestoreTable\w*|ExportTable\w*)/u,
    'the table as a whole',
  ],
  [/^sqs:(PurgeQueue|DeleteQueue|SetQueueAttributes|AddPermission)/u, 'the queues as a whole'],
  [/^lambda:(Update|Create|Delete|Add)/u, 'the code of a function'],
  [/^(kms|secretsmanager|ssm):/u, 'keys and secrets'],
  [/managed policy/u, 'rights that somebody else may change'],
]

/** A right that breaks a rule above, and why it has to. Here is where a wildcard is explained, role by role. */
const EXPLAINED: { readonly [right: string]: string } = {
  'xray:PutTelemetryRecords on *': 'X-Ray knows no resource that a trace is written to',
  'xray:PutTraceSegments on *': 'X-Ray knows no resource that a trace is written to',
  'dynamodb:ListStreams on *': 'the event source mapping lists streams, and the action takes no resource',
}

const entry = import.meta.filename
const shape = new DeployedShape({ workerEntry: entry, sweepEntry: entry })
afterAll(() => shape[Symbol.dispose]())
const roles = rolesOf(shape.stack, shape.template)

test('every role of the stack has a row, and every row a role', () => {
  expect(roles.map(({ path }) => path).sort()).toEqual(Object.keys(ROLES).sort())
})

for (const { path, trusts, rights } of roles) {
  const row = ROLES[path]
  describe(`${path}, which ${row?.does ?? 'has no row'},`, () => {
    test('may do what its row says, and nothing else', () => {
      expect(rights).toEqual([...(row?.may ?? [])].sort())
    })

    test('is taken by whom its row names, and by nobody else', () => {
      expect(trusts).toEqual(row?.trusts)
    })

    test('may not do what would be a breach', () => {
      expect(breaches({ path, trusts, rights }, row)).toEqual([])
    })

    test('writes to no log but its own', () => {
      const logs = rights.filter((right) => right.startsWith('logs:'))
      for (const right of logs)
        expect(right).toMatch(new RegExp(` on ${path.replace(/\/Role$/u, '')}/Logs$`, 'u'))
    })
  })
}

function breaches({ rights }: RoleFacts, row: Row | undefined): string[] {
  const rules = [...NOBODY, ...(row?.mayNot ?? []).map((rule) => [rule, 'against its row'] as const)]
  return rights
    .filter((right) => !Object.hasOwn(EXPLAINED, right))
    .flatMap((right) => rules.filter(([rule]) => rule.test(right)).map(([, why]) => `${right}: ${why}`))
}

test('no policy of a queue, a function or a table lets a stranger in but the gateway, to the API', () => {
  expect(openDoors(shape.stack, shape.template)).toEqual([
    expect.stringMatching(/^Api\/\S* lets in "apigateway\.amazonaws\.com"$/u),
  ])
})

describe('a rule fires:', () => {
  const BREACHES: readonly [string, string][] = [
    ['Sweep/Handler/Role', 'dynamodb:UpdateItem on Processes/Table'],
    ['Worker/Handler/Role', 'dynamodb:DeleteItem on Processes/Table'],
    ['Worker/Handler/Role', 'dynamodb:DeleteTable on Processes/Table'],
    ['Worker/Handler/Role', 'dynamodb:Query on Processes/Table/index/list'],
    ['Worker/Handler/Role', 'sqs:* on Queues/Work'],
    ['Worker/Handler/Role', 'sqs:SendMessage on *'],
    ['Worker/Handler/Role', 's3:GetObject on Bucket/*'],
    ['Sweep/ScheduleRole', 'iam:PassRole on Worker/Handler/Role'],
    ['Sweep/ScheduleRole', 'lambda:InvokeFunction on Worker/Handler/Function'],
  ]
  test.each(BREACHES)('%s with %s', (path, right) => {
    expect(breaches({ path, trusts: [], rights: [right] }, ROLES[path])).not.toEqual([])
  })
})
