import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { readDevOptions } from '../../lib/cli/dev/dev-options.ts'
import { DEV } from '../../lib/cli/specs/dev.ts'
import { apiApp } from '../../lib/api/app.ts'
import { apiHandler } from '../../lib/api/lambda.ts'
import { HttpProcessClient, sigV4 } from '../../lib/client/http/index.ts'
import type { ProcessContext } from '../../lib/effects/context.ts'
import * as door from '../../lib/index.ts'
import { localTimings } from '../../lib/local/timings.ts'
import { startLocalStack } from '../../lib/local/stack.ts'
import { LeaseholdError } from '../../lib/model/errors.ts'
import type { Issue } from '../../lib/model/errors.ts'
import { S3Payloads } from '../../lib/s3/index.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { typed } from '../cli/typed.ts'
import { readMessage } from '../../lib/queue/messages.ts'

// An option that does not exist is refused by name and path, at every entrance there is (C74). The table is held against
// what the library exports: a new entrance without a row fails here.

const { MemoryProcessRegistry, SYSTEM_CHANCE, SYSTEM_CLOCK, NO_DOORBELL } = door
const STRAY = { tiemout: 1 }
const ID = { id: 'p' }

/** Types would refuse the stray option: here is who has no types, or has the option from a variable. */
const any = (value: object): never => value as never

const sample = door.defineProcess({
  kind: 'sample',
  input: v.unknown() as v.GenericSchema<unknown, null>,
  output: v.unknown() as v.GenericSchema<unknown, null>,
  run: () => Promise.resolve(null),
})
const registry = new MemoryProcessRegistry({ clock: SYSTEM_CLOCK })
const parts = { registry, doorbell: NO_DOORBELL, clock: SYSTEM_CLOCK }
const direct = new door.ProcessClient(parts)
const http = new HttpProcessClient({
  url: 'http://127.0.0.1:9',
  fetch: () => Promise.reject(new Error('nothing may be sent')),
})
const config = {
  registry,
  definitions: [sample],
  ownerId: 'me',
  controller: new door.JournaledEffectController({ durable: false }),
}
const worker = new door.DurableProcessWorker(config)
const start = { ...ID, kind: 'sample', input: null }
const app = apiApp({ ...parts, definitions: [sample], auth: 'none' })

type Entrance = readonly [name: string, path: string, call: () => unknown]

const CONSTRUCTED: readonly Entrance[] = [
  ['defineProcess', 'tiemout', () => door.defineProcess(any({ ...sample, ...STRAY }))],
  ['defineProcess, limits', 'limits.tiemout', () => door.defineProcess(any({ ...sample, limits: STRAY }))],
  ['ProcessClient', 'tiemout', () => new door.ProcessClient(any({ ...parts, ...STRAY }))],
  [
    'processClientOnAws',
    'tiemout',
    () => door.processClientOnAws(any({ tableName: 't', queueUrl: 'q', ...STRAY })),
  ],
  ['OperationsClient', 'tiemout', () => new door.OperationsClient(any({ registry, ...STRAY }))],
  [
    'OperationsClient.attention',
    'tiemout',
    () => new door.OperationsClient({ registry }).attention(any(STRAY)),
  ],
  ['OperationsClient.counts', 'tiemout', () => new door.OperationsClient({ registry }).counts(any(STRAY))],
  ['HttpProcessClient', 'tiemout', () => new HttpProcessClient(any({ url: 'http://x', ...STRAY }))],
  ['sigV4', 'tiemout', () => sigV4(any({ region: 'r', service: 'lambda', credentials: {}, ...STRAY }))],
  ['DurableProcessWorker', 'tiemout', () => new door.DurableProcessWorker(any({ ...config, ...STRAY }))],
  ['workerHandler', 'tiemout', () => door.workerHandler(any({ definitions: [], ...STRAY }))],
  [
    'workerHandler, payloads',
    'payloads.tiemout',
    () => door.workerHandler(any({ definitions: [], payloads: STRAY })),
  ],
  ['apiHandler', 'tiemout', () => apiHandler(any({ definitions: [], ...STRAY }))],
  ['apiApp', 'tiemout', () => apiApp(any({ ...parts, definitions: [], ...STRAY }))],
  ['MemoryProcessRegistry', 'tiemout', () => new MemoryProcessRegistry(any(STRAY))],
  [
    'DynamoProcessRegistry',
    'tiemout',
    () =>
      new door.DynamoProcessRegistry(
        any({
          client: new DynamoDBClient(),
          tableName: 't',
          clock: SYSTEM_CLOCK,
          chance: SYSTEM_CHANCE,
          ...STRAY,
        }),
      ),
  ],
  [
    'SqsDoorbell',
    'tiemout',
    () => new door.SqsDoorbell(any({ client: new SQSClient(), queueUrl: 'q', ...STRAY })),
  ],
  [
    'SqsQueueWatch',
    'tiemout',
    () => new door.SqsQueueWatch(any({ client: new SQSClient(), urls: {}, ...STRAY })),
  ],
  [
    'SqsQueueWatch, urls',
    'urls.tiemout',
    () => new door.SqsQueueWatch({ client: new SQSClient(), urls: any(STRAY) }),
  ],
  ['S3Payloads', 'tiemout', () => new S3Payloads(any({ client: new S3Client(), bucket: 'b', ...STRAY }))],
  [
    'JournaledEffectController',
    'tiemout',
    () => new door.JournaledEffectController(any({ durable: false, ...STRAY })),
  ],
  ['TestKit', 'tiemout', () => new TestKit(any({ definitions: [], ...STRAY }))],
  ['startLocalStack', 'tiemout', () => startLocalStack(any(STRAY))],
  ['startLocalStack, timings', 'timings.tiemout', () => startLocalStack({ timings: any(STRAY) })],
  ['localTimings', 'timings.tiemout', () => localTimings(any(STRAY))],
]

const CALLED: readonly Entrance[] = [direct, http].flatMap((client): Entrance[] => {
  const of = (method: string): string => `${client.constructor.name}.${method}`
  return [
    [of('start'), 'tiemout', () => client.start(sample, null, any({ ...ID, ...STRAY }))],
    [
      of('startMany'),
      'tiemout',
      async () => {
        const [reply] = await client.startMany(sample, [any({ ...ID, input: null, ...STRAY })])
        throw reply?.ok === false ? reply.error : new Error('it was started')
      },
    ],
    [of('get'), 'tiemout', () => client.get('p', any(STRAY))],
    [of('list'), 'tiemout', () => client.list(any({ kind: 'sample', ...STRAY }))],
    [of('result'), 'tiemout', () => client.result('p', any(STRAY))],
    [of('result, typed'), 'tiemout', () => client.result(sample, 'p', any(STRAY))],
    [of('events'), 'tiemout', () => client.events('p', any(STRAY)).next()],
    [of('waitFor'), 'tiemout', () => client.waitFor('p', () => true, any(STRAY))],
    [of('signal'), 'tiemout', () => client.signal('p', any({ name: 'go', key: 'k', ...STRAY }))],
    [of('retry'), 'tiemout', () => client.retry('p', any(STRAY))],
    [
      of('completeExternal'),
      'tiemout',
      () => client.completeExternal('p', 'token', any({ outcome: 'success', value: 1, ...STRAY })),
    ],
    [
      of('completeExternal, error'),
      'error.tiemout',
      () =>
        client.completeExternal(
          'p',
          'token',
          any({ outcome: 'failure', error: { class: 'E', code: 'e', message: 'm', ...STRAY } }),
        ),
    ],
  ]
})

/** Options within a start, wherever it comes in. */
const WITHIN = ['limits', 'provenance', 'concurrency', 'parent'] as const

const STARTED: readonly Entrance[] = [
  ['runProcess', 'tiemout', () => worker.runProcess(any({ ...start, ...STRAY }))],
  ['runProcess, execution', 'tiemout', () => worker.runProcess(start, any(STRAY))],
  ['drivePendingProcesses', 'tiemout', () => worker.drivePendingProcesses(any(STRAY))],
  ['drivePendingProcesses, options', 'tiemout', () => worker.drivePendingProcesses({}, any(STRAY))],
  ['sweep', 'tiemout', () => door.sweep(any({ ...parts, telemetry: door.SILENT, everyMs: 1_000, ...STRAY }))],
  ['startMessage', 'tiemout', () => door.startMessage(any({ ...start, ...STRAY }))],
  ['toRegistration', 'tiemout', () => door.toRegistration(any({ ...start, ...STRAY }))],
  ...WITHIN.flatMap((key): Entrance[] => [
    [`runProcess, ${key}`, `${key}.tiemout`, () => worker.runProcess(any({ ...start, [key]: STRAY }))],
    [`startMessage, ${key}`, `${key}.tiemout`, () => door.startMessage(any({ ...start, [key]: STRAY }))],
  ]),
  ...WITHIN.filter((key) => key !== 'parent').map((key): Entrance => [
    `ProcessClient.start, ${key}`,
    `${key}.tiemout`,
    () => direct.start(sample, null, any({ ...ID, [key]: STRAY })),
  ]),
  [
    'ProcessClient.start, what only a parent says',
    'parent',
    () => direct.start(sample, null, any({ ...ID, parent: { id: 'q', onEnd: 'leave' } })),
  ],
  ['runProcess, what only a schema makes', 'made', () => worker.runProcess(any({ ...start, made: 1 }))],
]

describe('an option that does not exist is refused by name and path [C74]', () => {
  test.each([...CONSTRUCTED, ...CALLED, ...STARTED])('%s', async (_, path, call) => {
    const issues = await issuesOf(call)
    expect(issues.map((issue) => issue.path)).toContain(path)
    expect(issues.find((issue) => issue.path === path)?.message).toMatch(/^no such option; /u)
  })

  type Use = (context: ProcessContext) => Promise<unknown>
  const EFFECTS: readonly (readonly [name: string, path: string, use: Use])[] = [
    ['step', 'tiemout', (context) => context.step('s', () => 1, any(STRAY))],
    [
      'step, retry',
      'tiemout',
      (context) => context.step('s', () => 1, { retry: any({ maxAttempts: 1, ...STRAY }) }),
    ],
    ['step, timeout', 'tiemout', (context) => context.step('s', () => 1, { timeout: any(STRAY) })],
    ['sleep', 'tiemout', (context) => context.sleep(any(STRAY))],
    ['signal', 'tiemout', (context) => context.signal('go', any(STRAY))],
    ['callback', 'tiemout', (context) => context.callback('go', any(STRAY))],
    ['start', 'tiemout', (context) => context.start(sample, null, any(STRAY))],
    ['run', 'tiemout', (context) => context.run(sample, null, any(STRAY))],
    ['all', 'tiemout', (context) => context.all([], any(STRAY))],
    ['map', 'tiemout', (context) => context.map([], () => Promise.resolve(1), any(STRAY))],
  ]
  /** Runs it as the only effect of a process, under the one controller or the other. */
  async function failureOf(use: Use, controller: door.EffectController): Promise<unknown> {
    const run = async (context: ProcessContext): Promise<null> => {
      await use(context)
      return null
    }
    const flow = door.defineProcess({ ...sample, kind: 'flow', run })
    const host = new door.DurableProcessWorker({ ...config, definitions: [flow, sample], controller })
    return host.runProcess({ id: `flow-${++flows}`, kind: 'flow', input: null })
  }
  let flows = 0
  const refused = (message: string) => ({
    outcome: 'failure',
    error: { code: 'invalid_input', message: expect.stringContaining(message) as string },
  })

  test.each(EFFECTS)('%s', async (_, path, use) => {
    const journaled = new door.JournaledEffectController({ durable: false })
    expect(await failureOf(use, journaled)).toMatchObject(refused(`${path}: `))
  })

  test.each(EFFECTS.filter(([name]) => /^(?:step|sleep|all|map)/u.test(name)))(
    '%s without a journal',
    async (_, path, use) => {
      expect(await failureOf(use, new door.InlineEffectController())).toMatchObject(refused(`${path}: `))
    },
  )

  const VALUES: readonly (readonly [string, Use])[] = [
    [
      'semantics: expected one of at-least-once, at-most-once, got "atMostOnce"',
      (context) => context.step('s', () => 1, any({ semantics: 'atMostOnce' })),
    ],
    ['body: expected a function, got an object', (context) => context.step('s', any(Promise.resolve(1)))],
    [
      'the name of a step is not valid: expected a text of 1 to 256 whole characters, got ""',
      (context) => context.step('', () => 1),
    ],
    ['whole characters, got 7', (context) => context.step(7 as never, () => 1)],
    [`whole characters, got 300: ${'n'.repeat(40)}…`, (context) => context.step('n'.repeat(300), () => 1)],
    ['expected an object of options, got 5', (context) => context.step('s', () => 1, 5 as never)],
    [
      'jitter: expected one of full, none, got "some"',
      (context) => context.step('s', () => 1, { retry: any({ maxAttempts: 2, jitter: 'some' }) }),
    ],
    [
      'initialDelay: expected at most maxDelay (1000 ms), got 2000 ms',
      (context) =>
        context.step('s', () => 1, {
          retry: { maxAttempts: 2, initialDelay: { seconds: 2 }, maxDelay: { seconds: 1 } },
        }),
    ],
    [
      'schema: expected a Standard Schema, got a function',
      (context) => context.signal('go', any({ schema: () => 1 })),
    ],
    [
      'heartbeatTimeout: expected less than timeout (1000 ms), which ends the wait first, got 1000 ms',
      (context) => context.callback('go', { timeout: { seconds: 1 }, heartbeatTimeout: { seconds: 1 } }),
    ],
    [
      'onParentEnd: expected one of cancel, abandon, leave, got "detach"',
      (context) => context.start(sample, null, any({ onParentEnd: 'detach' })),
    ],
    [
      'onFailure: expected one of throw, settle, got "setlle"',
      (context) => context.all([], any({ onFailure: 'setlle' })),
    ],
    [
      '1: expected a function, () => context.step(…), got an object',
      (context) => context.all(any([() => Promise.resolve(1), Promise.resolve(2)])),
    ],
    [
      'at: expected epoch milliseconds or a valid Date, got 9000000000000000',
      (context) => context.sleepUntil(9e15),
    ],
  ]
  test.each(VALUES)('%s', async (message, use) => {
    expect(await failureOf(use, config.controller)).toMatchObject(refused(message))
  })

  test.each([
    ['a message', { v: 1, type: 'start', ...start, ...STRAY }],
    ['a wake-up', { v: 1, type: 'look', ...ID, ...STRAY }],
    ...['limits', 'provenance', 'concurrency'].map((key): [string, object] => [
      `a message, ${key}`,
      { v: 1, type: 'start', ...start, [key]: STRAY },
    ]),
  ])('%s on the queue', (_, message) => {
    expect(() => readMessage(JSON.stringify(message))).toThrow(/tiemout: unknown field/u)
  })

  test('a message of another version names both versions, and no other issue', () => {
    const newer = { v: 2, type: 'begin', ...ID, ...STRAY }
    expect(() => readMessage(JSON.stringify(newer))).toThrow('v: expected 1, got 2 (a newer sender?)')
    expect(() => readMessage(JSON.stringify({ ...newer, v: 0 }))).toThrow(
      'expected 1, got 0 (another sender?)',
    )
    expect(() => readMessage(JSON.stringify({ ...newer, v: 'one' }))).toThrow('got a value of type string')
  })

  const REQUESTS: readonly (readonly [path: string, body: object | undefined])[] = [
    ['/v1/processes', { ...start, ...STRAY }],
    ['/v1/processes', { ...start, limits: STRAY }],
    ['/v1/processes/batch', { starts: [start], ...STRAY }],
    ['/v1/processes/p/retry', STRAY],
    ['/v1/processes/p/cancel', STRAY],
    ['/v1/processes/p/abandon', STRAY],
    ['/v1/processes/p/resume', STRAY],
    ['/v1/processes/p/complete', { token: 't', output: { outcome: 'success', value: 1, ...STRAY } }],
    ['/v1/callbacks/complete', { token: 't', ...STRAY }],
    ['/v1/callbacks/fail', { token: 't', error: { message: 'm', ...STRAY } }],
    ['/v1/callbacks/heartbeat', { token: 't', ...STRAY }],
    ['/v1/processes?kind=sample&tiemout=1', undefined],
    ['/v1/processes/p?tiemout=1', undefined],
    ['/v1/processes/p/result?tiemout=1', undefined],
    ['/v1/processes/p/events?tiemout=1', undefined],
    ['/v1/processes/p/children?tiemout=1', undefined],
    ['/v1/processes/p/payloads/0?tiemout=1', undefined],
    ['/v1/kinds?tiemout=1', undefined],
    ['/v1/attention?tiemout=1', undefined],
    ['/v1/counts?tiemout=1', undefined],
    ['/openapi.json?tiemout=1', undefined],
  ]
  test.each(REQUESTS)('%s of the API, asked %o', async (path, body) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    const reply = await app.request(path, body === undefined ? {} : init, {})
    expect(reply.status).toBe(400)
    const { issues } = (await reply.json()) as { issues: readonly Issue[] }
    expect(issues).toContainEqual(
      expect.objectContaining({ path: expect.stringMatching(/tiemout$/u) as string }),
    )
  })

  test.each([
    '--tiemout=1',
    '--workers=1 --workers=2',
    '--rows=5',
    '--loud',
    '--example a --file b --rows 5',
  ])('leasehold dev %s', async (line) => {
    const reading = typed(DEV, line).then(({ values }) => readDevOptions(values))
    await expect(reading).rejects.toThrow(/^--|unknown option|is given twice/u)
  })
})

test('a step without a journal is tried again, in its time', async () => {
  const attempts: number[] = []
  const body = async ({ attempt, abortSignal }: door.StepContext): Promise<number> => {
    attempts.push(attempt)
    if (attempt === 1) throw new Error('not yet')
    if (attempt === 2) await new Promise((resolve) => abortSignal.addEventListener('abort', resolve))
    return attempt
  }
  const retry = { maxAttempts: 3, initialDelay: { ms: 1 } }
  const run = (context: ProcessContext): Promise<number> =>
    context.step('s', body, { retry, timeout: { ms: 50 } })
  const number = v.number()
  const flow = door.defineProcess({ kind: 'flow', input: v.null(), output: number, run })
  const controller = new door.InlineEffectController()
  const host = new door.DurableProcessWorker({ ...config, definitions: [flow], controller })
  const output = await host.runProcess({ id: 'inline', kind: 'flow', input: null })
  expect(output).toEqual({ outcome: 'success', value: 3 })
  expect(attempts).toEqual([1, 2, 3])
})

describe('what cannot be meant', () => {
  const external = { ...start, id: 'x', recovery: 'external' } as const
  const outside = door.defineProcess({ ...sample, kind: 'outside', recovery: 'external' })
  const unused = 'has no effect with recovery external'
  const token = 'a-token-of-16-chars'
  const REFUSED: readonly (readonly [message: string, call: () => unknown])[] = [
    [`urgent: ${unused}`, () => door.toRegistration({ ...external, urgent: true })],
    [
      `concurrency: ${unused}`,
      () =>
        direct.start(outside, null, { id: 'x', completionToken: token, concurrency: { key: 'k', limit: 1 } }),
    ],
    [
      `limits.maxStalls: ${unused}`,
      () => door.defineProcess({ ...sample, recovery: 'external', limits: { maxStalls: 3 } }),
    ],
    [
      'limits.timeoutMs: expected a whole number from 1',
      () => door.defineProcess({ ...sample, limits: { timeoutMs: 0 } }),
    ],
    [
      'recovery: expected one of rerun, abandon, external',
      () => door.defineProcess(any({ ...sample, recovery: 'never' })),
    ],
    [
      'completionToken: has no effect without recovery external',
      () => direct.start(sample, null, { ...ID, completionToken: token }),
    ],
    [
      'completionToken: expected 16 to 256 characters',
      () => worker.runProcess({ ...external, kind: 'elsewhere' }),
    ],
    ['scope: expected', () => door.toRegistration({ ...start, scope: 'a b' })],
    [
      'provenance.source: expected whole characters, got half of one',
      () => door.toRegistration({ ...start, provenance: { source: '\ud800' } }),
    ],
    [
      'urgent: expected true or false, got "yes"',
      () => door.toRegistration(any({ ...start, urgent: 'yes' })),
    ],
    ['reason: expected a text, got 5', () => direct.cancel('p', 5 as never)],
    ['reason: expected a text, got an object', () => http.abandon('p', any(new Error('why')))],
    ['reason: expected a text, got null', () => worker.requestProcessCancel('p', null as never)],
    ['include: expected one of lease, got "leese"', () => direct.get('p', any({ include: 'leese' }))],
    [
      'until: expected one of idle, got "idel"',
      () => worker.drivePendingProcesses({}, any({ until: 'idel' })),
    ],
    ['key: is missing', () => direct.signal('p', any({ name: 'go' }))],
    [
      'error.class: is missing',
      () => direct.completeExternal('p', token, { outcome: 'failure', error: any(new Error('e')) }),
    ],
    [
      'outcome: expected one of success, failure, got "done"',
      () => http.completeExternal('p', token, any({ outcome: 'done' })),
    ],
    ['$.at is a Date', () => door.startMessage({ ...start, input: any({ at: new Date(0) }) })],
    ['$.n is NaN', () => door.startMessage({ ...start, input: { n: Number.NaN } })],
    ['version: unknown field', () => door.startMessage({ ...start, version: '2' })],
    ['registry: is missing', () => new door.DurableProcessWorker(any({ definitions: [], ownerId: 'me' }))],
  ]
  test.each(REFUSED)('%s', async (message, call) => {
    await expect((async () => call())()).rejects.toThrow(message)
  })

  test('an option that is undefined is absent, whatever its name', () => {
    expect(() => door.toRegistration(any({ ...start, tiemout: undefined, urgent: undefined }))).not.toThrow()
  })
})

test('a retry of an external process leaves out what never had an effect on it', async () => {
  const id = door.parseProcessId('outer')
  const [token, at] = ['a-token-of-16-chars', { now: 0, wakeupScheduled: false }]
  const external = door.toRegistration({ id, kind: 'elsewhere', input: null, recovery: 'external' })
  await registry.register(external, { ...at, completionToken: token })
  await direct.completeExternal(id, token, { outcome: 'success', value: 1 })
  // As an earlier version registered it.
  const before = { urgent: true, concurrency: { key: 'k', limit: 1 }, limits: { maxStalls: 1, timeoutMs: 9 } }
  const earlier = new Proxy(registry, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target)
      if (key === 'get')
        return async (asked: door.ProcessId) => ({ ...(await registry.get(asked)), ...before })
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
  const client = new door.ProcessClient({ ...parts, registry: earlier })
  const retried = await client.retry(id, { id: 'outer-2', completionToken: token })
  expect(retried.limits).toEqual({ timeoutMs: 9 })
  expect([retried.urgent, retried.concurrency]).toEqual([undefined, undefined])
})

test('every function and class that the library exports has a row, or takes no options', () => {
  const NO_OPTIONS = [
    // Errors are made by this library. The others take values, ports or nothing.
    ...Object.entries(door).flatMap(([name, value]) => (isError(value) ? [name] : [])),
    'InlineEffectController',
    'given',
    'sweepHandler',
    'audit',
    'lookMessage',
    'parseProcessId',
    'registrationHash',
  ]
  const rows = [...CONSTRUCTED, ...CALLED, ...STARTED].map(([name]) => name)
  const exported = Object.entries(door).flatMap(([name, value]) =>
    typeof value === 'function' ? [name] : [],
  )
  const without = exported.filter((name) => !NO_OPTIONS.includes(name) && !rows.includes(name))
  expect(without).toEqual([])
})

function isError(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error
}

async function issuesOf(call: () => unknown): Promise<readonly Issue[]> {
  try {
    await call()
  } catch (error) {
    if (error instanceof LeaseholdError) return (error.facts['issues'] ?? []) as readonly Issue[]
    throw error
  }
  throw new Error('nothing was refused')
}
