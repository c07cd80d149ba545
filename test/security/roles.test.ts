import { afterAll, describe, expect, test } from 'vitest'
import { DeployedShape, shapeWithAllParts } from '../helpers/template.ts'
import { openDoors, rolesOf } from '../helpers/rights.ts'

// Every role of the stack has a row here, with all that it may do, and nothing else may be done. A role without a row fails,
// so a change that adds a role says what it may do. What a method grants to roles of others is in cdk/durable-processes.rights.

type Row = {
  /** What the role is for. */
  readonly does: string
  readonly trusts: readonly string[]
  /** All of its rights, and no other. */
  readonly may: readonly string[]
  /** What would be a breach, whatever else changes: said apart, so that a widened `may` meets it. */
  readonly mayNot: readonly RegExp[]
}
type Rows = { readonly [path: string]: Row }

const LAMBDA = ['lambda.amazonaws.com']
const SCHEDULER = [
  'scheduler.amazonaws.com, if {"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}',
]
const ownLogs = (group: string) =>
  ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} on ${group}`)
const on = (thing: string, ...actions: readonly string[]) => actions.map((action) => `${action} on ${thing}`)
const TRACES = on('*', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments')
const NOTE_OF_THE_SWEEP = '{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["SWEEP"]}}'
/** Of the table, what running a process and writing for one take. */
const ITEMS = ['ConditionCheckItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
  (action) => `dynamodb:${action} on Processes/Table`,
)
const POLL = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
]

const ROLES = {
  'Worker/Handler/Role': {
    does: 'claims processes and runs them',
    trusts: LAMBDA,
    may: [
      ...ITEMS,
      ...on('Queues/Work', ...POLL, 'sqs:SendMessage'),
      ...on('Queues/Urgent', ...POLL, 'sqs:SendMessage'),
      ...on('Queues/Isolation', ...POLL, 'sqs:SendMessage'),
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
    does: 'finds what is due and wakes it',
    trusts: LAMBDA,
    may: [
      ...on('Processes/Table', 'dynamodb:BatchGetItem'),
      `dynamodb:PutItem on Processes/Table if ${NOTE_OF_THE_SWEEP}`,
      ...on('Processes/Table/index/due', 'dynamodb:Query'),
      ...on('Queues/Work', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...on('Queues/Urgent', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...on('Queues/Isolation', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...ownLogs('Sweep/Handler/Logs'),
      ...TRACES,
    ],
    // It writes nothing to the table but the note of its pass, and takes no message from a queue.
    mayNot: [
      /dynamodb:(Update|Delete|BatchWrite|Transact|PartiQL)/u,
      /dynamodb:Put(?!Item on Processes\/Table if .*"dynamodb:LeadingKeys":\["SWEEP"\])/u,
      /sqs:(Receive|Delete|Purge)/u,
      /lambda:/u,
    ],
  },
  'Api/Handler/Role': {
    does: 'starts, shows, signals and cancels for its callers',
    trusts: LAMBDA,
    may: [
      ...ITEMS,
      ...on('Processes/Table', 'dynamodb:BatchGetItem'),
      ...on('Processes/Table/index/attention', 'dynamodb:Query'),
      ...on('Processes/Table/index/due', 'dynamodb:Query'),
      ...on('Processes/Table/index/list', 'dynamodb:Query'),
      ...on('Processes/Table/index/scope', 'dynamodb:Query'),
      ...on('Queues/Work', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...on('Queues/Urgent', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
      ...on('Queues/Isolation', 'sqs:GetQueueAttributes'),
      ...on('Queues/DeadLetter', 'sqs:GetQueueAttributes'),
      ...ownLogs('Api/Handler/Logs'),
      ...TRACES,
    ],
    // It takes no message from a queue and removes nothing. It looks at all queues, and sends to no suspects and no dead letters.
    mayNot: [
      /dynamodb:Delete/u,
      /sqs:(Receive|Delete|Purge)/u,
      /sqs:Send\w* on Queues\/(Isolation|DeadLetter)/u,
      /lambda:/u,
    ],
  },
  'StatusEvents/Handler/Role': {
    does: 'tells the bus how processes come out, and lets go of what belongs to ended ones',
    trusts: LAMBDA,
    may: [
      ...on('Processes/Table', 'dynamodb:ConditionCheckItem', 'dynamodb:Query', 'dynamodb:UpdateItem'),
      ...on(
        'Processes/Table/stream',
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
      ),
      ...on('*', 'dynamodb:ListStreams'),
      ...on('StatusEvents/Bus', 'events:PutEvents'),
      ...on('StatusEvents/DeadLetter', 'sqs:SendMessage'),
      ...ownLogs('StatusEvents/Handler/Logs'),
      ...TRACES,
    ],
    // It puts and deletes no item, wakes nothing, and speaks to no bus but its own.
    mayNot: [
      /dynamodb:(Put|Delete|BatchWrite)/u,
      /dynamodb:.* on .*index/u,
      /sqs:.* on Queues/u,
      /events:PutEvents on (?!StatusEvents\/Bus)/u,
      /lambda:/u,
    ],
  },
  'Sweep/ScheduleRole': {
    does: 'lets the schedule call the sweep',
    trusts: SCHEDULER,
    may: ['lambda:InvokeFunction on Sweep/Handler/Function'],
    mayNot: [/^(?!lambda:InvokeFunction on Sweep\/)/u],
  },
} as const satisfies Rows

const OBJECTS = [
  ...on('Payloads/Payloads/*', 's3:GetObject', 's3:PutObject'),
  // Without it S3 says 403 of an object that is gone, and a process would try for ever what is never there.
  's3:ListBucket on Payloads/Payloads',
]
const [worker, api, statusEvents] = [
  ROLES['Worker/Handler/Role'],
  ROLES['Api/Handler/Role'],
  ROLES['StatusEvents/Handler/Role'],
]
const TAGS = [
  ...on('Payloads/Payloads/*', 's3:PutObjectTagging', 's3:DeleteObjectTagging'),
  's3:ListBucket on Payloads/Payloads',
]
/** The same with every part that a prop or a method adds. */
const WITH_ALL_PARTS: Rows = {
  ...ROLES,
  'Worker/Handler/Role': { ...worker, may: [...worker.may, ...OBJECTS] },
  'Api/Handler/Role': { ...api, may: [...api.may, ...OBJECTS] },
  // It lets go of values, and can neither read nor write nor remove one.
  'StatusEvents/Handler/Role': { ...statusEvents, may: [...statusEvents.may, ...TAGS] },
  'Triggers/NightlyRole': {
    does: 'lets a schedule send its starts',
    trusts: SCHEDULER,
    may: ['sqs:SendMessage on Queues/Work', 'sqs:SendMessage on Triggers/Undelivered'],
    mayNot: [/^(?!sqs:SendMessage on )/u, /Urgent/u],
  },
}

/** What no role may do, with what it would come to. */
const NO_ROLE: readonly (readonly [RegExp, string])[] = [
  [/^\S*\* on/u, 'a wildcard of actions'],
  [/ on \*$/u, 'every thing of the account'],
  [/ on .*\*/u, 'a wildcard of things'],
  [/^iam:/u, 'rights over rights, PassRole among them'],
  [/^sts:/u, 'assuming another role'],
  [/:\w*(Delete(?!Message )|Scan)/u, 'removing, or reading all there is'],
  [/^dynamodb:(PartiQL\w+|UpdateTable|RestoreTable\w*|ExportTable\w*)/u, 'the table as a whole'],
  [/^sqs:(PurgeQueue|SetQueueAttributes|AddPermission)/u, 'the queues as a whole'],
  [/^lambda:(Update|Create|Add)/u, 'the code of a function'],
  [/^(kms|secretsmanager|ssm):/u, 'keys and secrets'],
  [/managed policy/u, 'rights that others may change'],
]

/** A right that breaks a rule above, and why it has to. Here is where a wildcard is explained, role by role. */
const EXPLAINED: { readonly [right: string]: string } = {
  'xray:PutTelemetryRecords on *': 'X-Ray knows no resource that a trace is written to',
  'xray:PutTraceSegments on *': 'X-Ray knows no resource that a trace is written to',
  'dynamodb:ListStreams on *': 'the event source mapping lists streams, and the action takes no resource',
  's3:GetObject on Payloads/Payloads/*': 'objects have names that are not known beforehand',
  's3:PutObject on Payloads/Payloads/*': 'objects have names that are not known beforehand',
  's3:PutObjectTagging on Payloads/Payloads/*': 'objects have names that are not known beforehand',
  's3:DeleteObjectTagging on Payloads/Payloads/*': 'objects have names that are not known beforehand',
}

const entry = import.meta.filename
const shape = new DeployedShape({ workerEntry: entry, sweepEntry: entry })
const full = shapeWithAllParts(entry)
afterAll(() => [shape, full].forEach((each) => each[Symbol.dispose]()))

describe.each<[string, DeployedShape, Rows]>([
  ['in the stack as it comes', shape, ROLES],
  ['in a stack with every part', full, WITH_ALL_PARTS],
])('%s', (_, stack, rows) => {
  const roles = rolesOf(stack)
  test('every role has a row, and every row a role', () => {
    expect(roles.map(({ path }) => path).sort()).toEqual(Object.keys(rows).sort())
  })

  describe.each(roles)('$path', ({ path, trusts, rights }) => {
    const row = rows[path]
    test('may do what its row says, and nothing else', () => {
      expect(rights).toEqual([...(row?.may ?? [])].sort())
    })

    test('is assumed by the principals of its row only', () => {
      expect(trusts).toEqual(row?.trusts)
    })

    test('may not do what would be a breach', () => {
      expect(breaches(rights, row)).toEqual([])
    })

    test('writes to no log but its own', () => {
      const logs = rights.filter((right) => right.startsWith('logs:'))
      for (const right of logs)
        expect(right).toMatch(new RegExp(` on ${path.replace(/\/Role$/u, '')}/Logs$`, 'u'))
    })
  })
})

function breaches(rights: readonly string[], row: Row | undefined): string[] {
  const rules = [...NO_ROLE, ...(row?.mayNot ?? []).map((rule) => [rule, 'against its row'] as const)]
  return rights
    .filter((right) => !Object.hasOwn(EXPLAINED, right))
    .flatMap((right) => rules.filter(([rule]) => rule.test(right)).map(([, why]) => `${right}: ${why}`))
}

test('no policy of a queue, a function or a table lets a stranger in but the gateway, to the API', () => {
  expect(openDoors(shape)).toEqual([
    expect.stringMatching(/^Api\/\S* lets in "apigateway\.amazonaws\.com"$/u),
  ])
})

test('with every part, each other principal has access to one resource of the stack only', () => {
  const only = (who: string, how: string, of: string) =>
    expect.stringMatching(
      `^${who} if \\{"${how}":\\{"aws:SourceArn":\\{"Fn::GetAtt":\\["Leasehold${of}[0-9A-F]{8}","Arn"\\]\\}`,
    )
  const rules = (door: string) =>
    only(`${door} lets in \\{"Service":"events.amazonaws.com"\\}`, 'ArnEquals', 'TriggersPaid')
  expect(openDoors(full).filter((door) => !door.startsWith('Api/'))).toEqual([
    rules('Queues/Work/Policy'),
    only(
      'Payloads/AccessLogs/Policy lets in \\{"Service":"logging.s3.amazonaws.com"\\}',
      'ArnLike',
      'Payloads',
    ),
    rules('Triggers/Undelivered/Policy'),
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
    ['Worker/Handler/Role', 'sqs:DeleteQueue on Queues/Work'],
    ['Triggers/NightlyRole', 'sqs:SendMessage on Queues/Urgent'],
    ['Sweep/ScheduleRole', 'iam:PassRole on Worker/Handler/Role'],
    ['Sweep/ScheduleRole', 'lambda:InvokeFunction on Worker/Handler/Function'],
  ]
  test.each(BREACHES)('%s with %s', (path, right) => {
    expect(breaches([right], WITH_ALL_PARTS[path])).not.toEqual([])
  })
})
