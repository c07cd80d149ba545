import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { blobKey, processKey } from '../../lib/registry/codec/keys.ts'
import { ROW } from '../../lib/registry/codec/rows.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { LocalEvents } from '../helpers/local-events.ts'
import { judge } from '../iam/judge.ts'
import { ROLE_OF, startJudgedStack, type JudgedStack } from '../iam/local-stack.ts'

// The whole system under the rights that its template gives it. Each function signs with a key of its own. A proxy before the
// table and the queues judges each request by the role of that function, as AWS would.

const ENTRY = fileURLToPath(new URL('fixtures/rights-worker.ts', import.meta.url))
const NAME = 'rights'
const events = new LocalEvents()
const folder = mkdtempSync(join(tmpdir(), 'leasehold-rights-'))

/** Rights that no request of the local stack uses, and why each is there. */
const UNUSED: Readonly<Record<string, string>> = {
  ...of(ROLE_OF.values(), (role) => [
    [
      `logs:CreateLogStream on ${role.replace('Role', 'Logs')}`,
      'Lambda writes the logs of a function with its role',
    ],
    [
      `logs:PutLogEvents on ${role.replace('Role', 'Logs')}`,
      'Lambda writes the logs of a function with its role',
    ],
    ['xray:PutTelemetryRecords on *', 'Lambda sends traces of a function with its role'],
    ['xray:PutTraceSegments on *', 'Lambda sends traces of a function with its role'],
  ]),
  ...of(['Worker/Handler/Role'], () =>
    ['Work', 'Urgent', 'Isolation'].flatMap((queue) => [
      [
        `sqs:GetQueueAttributes on Queues/${queue}`,
        'Lambda asks for it when a queue is attached to a function',
      ],
      [`sqs:GetQueueUrl on Queues/${queue}`, 'CDK grants it with the right to receive'],
    ]),
  ),
  ...of(['Worker/Handler/Role'], () => [
    [
      'sqs:SendMessage on Queues/Isolation',
      'a message near its last receive is sent anew, and a process of a dead owner goes there',
    ],
  ]),
  ...of(['StatusEvents/Handler/Role'], () => [
    ['dynamodb:ListStreams on *', 'Lambda asks for it when a stream is attached to a function'],
  ]),
}

function of(
  roles: Iterable<string>,
  rights: (role: string) => readonly (readonly string[])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...roles].flatMap((role) => rights(role).map(([right, why]) => [`${role}: ${right}`, why ?? ''])),
  )
}

let judged: JudgedStack
beforeAll(async () => {
  judged = await startJudgedStack(
    {
      name: NAME,
      dynamoEndpoint: inject('dynamoEndpoint'),
      workerEntry: ENTRY,
      apiEntry: fileURLToPath(new URL('fixtures/rights-api.ts', import.meta.url)),
      apiEnvironments: 1,
      timings: { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 1_000 },
      onEvent: events.on,
    },
    ENTRY,
  )
  await live(judged)
})
afterAll(async () => {
  await judged.stop()
  rmSync(folder, { recursive: true })
})

test('no request of a function is refused', () => {
  expect(judged.decisions.filter(({ allowed }) => !allowed)).toEqual([])
})

test('each function sends requests', () => {
  const keys = new Set(judged.decisions.map(({ accessKeyId }) => accessKeyId))
  expect([...keys].sort()).toEqual([...ROLE_OF.keys()].sort())
})

test('each right is used by a request, or says why it is there', () => {
  const used = new Set(judged.decisions.map(({ accessKeyId, by }) => `${ROLE_OF.get(accessKeyId)}: ${by}`))
  expect(judged.rights.filter((right) => !used.has(right)).sort()).toEqual(Object.keys(UNUSED).sort())
})

test('each right that is taken away leaves a request refused', () => {
  const missed = judged.rights.filter((right) => {
    if (right in UNUSED) return false
    const left = judged.rights.filter((each) => each !== right)
    return judged.decisions.every(({ accessKeyId, needed }) => {
      const role = `${ROLE_OF.get(accessKeyId)}: `
      const rights = left.filter((each) => each.startsWith(role)).map((each) => each.slice(role.length))
      return judge(rights, needed).allowed
    })
  })
  expect(missed).toEqual([])
})

/** Lives that need every right. Among them are a dead worker, urgent processes, lost wake-ups and a bad message. */
async function live({ stack }: JudgedStack): Promise<void> {
  const ended = (id: string): Promise<void> =>
    events.until((all) =>
      all
        .of('outcome')
        .some(
          ({ event }) =>
            (event.detail as { id?: string; endedAt?: string }).id === id && ENDS.test(event['detail-type']),
        ),
    )
  const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const init = body === undefined ? {} : { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }
    const response = await fetch(`${stack.apiUrl}${path}`, init)
    const answer = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: '{' }))
  const input = {}
  await ask('/v1/processes', { id: 'whole', kind: 'whole', input, scope: 'acme', urgent: true })
  await ask('/v1/processes', { id: 'patient', kind: 'patient', input })
  await ask('/v1/processes', { id: 'deadly', kind: 'deadly', input: { once: join(folder, 'once') } })
  await ask('/v1/processes', {
    id: 'slow-queue-1',
    kind: 'patient',
    input,
    concurrency: { key: 'one', limit: 1 },
  })
  await ask('/v1/processes', {
    id: 'slow-queue-2',
    kind: 'leaf',
    input,
    concurrency: { key: 'one', limit: 1 },
  })
  // Registered and never woken: the sweep finds them.
  const registry = new DynamoProcessRegistry({
    client: stack.clients.dynamo,
    tableName: stack.tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const lost = [
    toRegistration({ id: 'lost', kind: 'leaf', input }),
    toRegistration({ id: 'lost-urgent', kind: 'leaf', input, urgent: true }),
  ]
  for (const each of lost) await registry.register(each, { now: Date.now(), wakeupScheduled: false })
  await ask('/v1/processes', { id: 'heavy', kind: 'heavy', input: { note: 'x'.repeat(NOTE_LENGTH) } })
  const token = await tokenOf('whole')
  await ask('/v1/callbacks/complete', { token, value: 'paid' })
  await ask('/v1/processes/whole/signals', { name: 'approved', key: 'k', payload: true })
  await ask('/v1/processes/patient/cancel', { reason: 'enough' })
  await ask('/v1/processes/slow-queue-1/cancel', { reason: 'enough' })
  for (const id of [
    'whole',
    'patient',
    'deadly',
    'slow-queue-1',
    'slow-queue-2',
    'lost',
    'lost-urgent',
    'heavy',
  ])
    await ended(id)
  // A start that another one of the same id overtook leaves an input behind, which is set to expire.
  const other = { id: 'heavy', kind: 'heavy', input: { note: 'y'.repeat(NOTE_LENGTH) } }
  await expect(ask('/v1/processes', other)).rejects.toThrow('409')
  await ask('/v1/processes/heavy/events')
  const { dynamo } = stack.clients
  const keyOf = (id: string) => {
    const { pk, sk } = processKey(parseProcessId(id))
    return { pk: { S: pk }, sk: { S: sk } }
  }
  // A row that cannot be read, and one that DynamoDB removes while a value beside it has no expiry yet.
  const { tableName: TableName } = stack
  await dynamo.send(
    new UpdateItemCommand({
      TableName,
      Key: keyOf('lost'),
      UpdateExpression: 'SET #damaged = :one',
      ExpressionAttributeNames: { '#damaged': ROW.kind.attr },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    }),
  )
  const { pk, sk } = blobKey(parseProcessId('heavy'), 'v-late')
  await dynamo.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk: { S: sk } } }))
  await dynamo.send(new DeleteItemCommand({ TableName, Key: keyOf('heavy') }))
  await stack.statusEvents?.caughtUp()
  await ask('/v1/processes?kind=whole')
  await ask('/v1/processes?scope=acme')
  await ask('/v1/attention')
  await ask('/v1/health')
  await ask('/v1/slots?key=one')
  await ask('/v1/counts')
  await ask('/v1/processes/whole?include=lease')
  await ask('/v1/processes/whole/children')

  async function tokenOf(id: string): Promise<string> {
    for (;;) {
      const answer = await ask(`/v1/processes/${id}/events?after=1&waitMs=20000`)
      const token = /"token":"([^"]+)"/u.exec(JSON.stringify(answer))?.[1]
      if (token !== undefined) return token
    }
  }
}

/** Bytes: more than a row holds beside others, less than an item. */
const NOTE_LENGTH = 150_000
const ENDS = /Completed|Failed|Cancelled|Abandoned/u
const JSON_TYPE = { 'content-type': 'application/json' }
