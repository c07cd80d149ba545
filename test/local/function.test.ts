import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { InvocationOutcome } from '../../lib/local/environment.ts'
import { HandlerUnusable } from '../../lib/local/errors.ts'
import { LocalFunction, type LocalFunctionOptions } from '../../lib/local/function.ts'
import { LocalEvents } from '../helpers/local-events.ts'
import { untilGone } from '../helpers/processes.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')

let events = new LocalEvents()
const made: LocalFunction[] = []
afterEach(async () => {
  await Promise.all(made.splice(0).map((each) => each.stop()))
  events = new LocalEvents()
})

function aFunction(changes: Partial<LocalFunctionOptions> = {}): LocalFunction {
  const made_ = new LocalFunction({
    label: 'worker',
    functionName: 'test-worker',
    entry: join(FIXTURES, 'obedient.ts'),
    timeoutMs: 20_000,
    memoryMb: 512,
    region: 'us-east-1',
    env: {},
    maxEnvironments: 2,
    onEvent: events.on,
    ...changes,
  })
  made.push(made_)
  return made_
}

function payload(outcome: InvocationOutcome): Record<string, unknown> {
  expect(outcome.kind).toBe('succeeded')
  return JSON.parse('payload' in outcome ? outcome.payload : 'null') as Record<string, unknown>
}

test('a warm environment serves the next event too', async () => {
  const subject = aFunction()
  const first = payload(await subject.invoke({ do: 'tell' }))
  const second = payload(await subject.invoke({ do: 'tell' }))
  expect([first['served'], second['served']]).toEqual([1, 2])
  expect(second['pid']).toBe(first['pid'])
  expect(subject.pids()).toEqual([first['pid']])
})

// Node's servers end a connection that is idle for five seconds. A client that blocks cannot see that, and would send its
// answer into a closed connection.
test('a handler that blocks its event loop for seven seconds gets its answer through', async () => {
  const subject = aFunction()
  expect(payload(await subject.invoke({ do: 'tell' }))['served']).toBe(1)
  expect(await subject.invoke({ do: 'block', ms: 7_000 })).toEqual({ kind: 'succeeded', payload: '2' })
  expect(payload(await subject.invoke({ do: 'tell' }))['served']).toBe(3)
})

test('a handler gets the context that Lambda gives', async () => {
  const told = payload(await aFunction({ timeoutMs: 15_000 }).invoke({ do: 'tell' }))
  expect(told['context']).toMatchObject({
    functionName: 'test-worker',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test-worker',
    memoryLimitInMB: '512',
    logGroupName: '/aws/lambda/test-worker',
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/u),
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/u),
  })
  expect(told['remainingMs']).toBeGreaterThan(0)
  expect(told['remainingMs']).toBeLessThanOrEqual(15_000)
})

test('a handler sees its own environment and nothing of ours', async () => {
  process.env['OF_THE_PARENT'] = 'secret'
  try {
    const env = payload(await aFunction({ env: { MINE: '1' } }).invoke({ do: 'environment' }))
    expect(env).toMatchObject({ MINE: '1', AWS_LAMBDA_FUNCTION_NAME: 'test-worker', AWS_REGION: 'us-east-1' })
    expect(env).not.toHaveProperty('OF_THE_PARENT')
  } finally {
    delete process.env['OF_THE_PARENT']
  }
})

test('what a handler returns comes back as its JSON, and nothing as null', async () => {
  const subject = aFunction()
  const text = 'ünï\n日本 🍵'
  expect(await subject.invoke({ do: 'echo', text })).toEqual({
    kind: 'succeeded',
    payload: JSON.stringify({ do: 'echo', text }),
  })
  expect(await subject.invoke({ do: 'nothing' })).toEqual({ kind: 'succeeded', payload: 'null' })
})

test('a busy loop is killed at the timeout, and another environment serves the next event', async () => {
  const subject = aFunction({ timeoutMs: 1_000, maxEnvironments: 1 })
  const before = payload(await subject.invoke({ do: 'tell' }))
  const outcome = await subject.invoke({ do: 'spin' })
  expect(outcome).toMatchObject({
    kind: 'timed-out',
    error: { message: expect.stringMatching(/Task timed out after 1\.00 seconds$/u) },
  })
  await untilGone([Number(before['pid'])])
  const after = payload(await subject.invoke({ do: 'tell' }))
  expect(after['pid']).not.toBe(before['pid'])
  expect(events.of('environment-ended')).toMatchObject([
    { pid: before['pid'], because: 'timed-out', how: 'signal: SIGKILL' },
  ])
})

test('an error that a handler throws fails its invocation and keeps the environment', async () => {
  const subject = aFunction()
  expect(await subject.invoke({ do: 'throw' })).toEqual({
    kind: 'failed',
    error: { type: 'RangeError', message: 'thrown on order' },
  })
  expect(payload(await subject.invoke({ do: 'tell' }))['served']).toBe(2)
})

test('an answer that is no JSON, or too large, fails its invocation', async () => {
  const subject = aFunction()
  expect(await subject.invoke({ do: 'cycle' })).toMatchObject({
    kind: 'failed',
    error: { type: 'TypeError' },
  })
  expect(await subject.invoke({ do: 'flood' })).toMatchObject({
    kind: 'failed',
    error: { type: 'Function.ResponseSizeTooLarge' },
  })
  expect(payload(await subject.invoke({ do: 'tell' }))['served']).toBe(3)
})

test.each([
  ['exits', 'exit', 'exit status 7'],
  ['leaves a rejection uncaught', 'reject', 'exit status 128'],
])('a handler that %s fails its invocation only, and is replaced', async (_, order, how) => {
  const subject = aFunction({ maxEnvironments: 1 })
  expect(await subject.invoke({ do: order })).toMatchObject({
    kind: 'crashed',
    error: { type: 'Runtime.ExitError', message: expect.stringContaining(how) },
  })
  expect(payload(await subject.invoke({ do: 'tell' }))['served']).toBe(1)
  expect(events.of('environment-ended')).toMatchObject([{ because: 'crashed', how }])
})

test('an idle environment that is killed is not used again', async () => {
  const subject = aFunction({ maxEnvironments: 1 })
  const { pid } = payload(await subject.invoke({ do: 'tell' }))
  process.kill(Number(pid), 'SIGKILL')
  await events.until((all) => all.of('environment-ended').length === 1)
  expect(subject.pids()).toEqual([])
  expect(payload(await subject.invoke({ do: 'tell' }))['pid']).not.toBe(pid)
})

test('no more environments live than are allowed, and what is above waits', async () => {
  const subject = aFunction({ maxEnvironments: 2 })
  const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => subject.invoke({ do: 'wait', ms: 50 })))
  expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('succeeded'))
  expect(events.of('environment-started')).toHaveLength(2)
})

test('a module that fails to load, has no handler or takes a callback is refused by reason', async () => {
  const broken = aFunction({ entry: join(FIXTURES, 'broken.ts') })
  const refused = await broken.warm().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(HandlerUnusable)
  expect((refused as Error).message).toMatch(/broken\.ts cannot be used.*this module cannot be loaded/su)
  await expect(aFunction({ entry: join(FIXTURES, 'no-handler.ts') }).warm()).rejects.toThrow(
    'exports no function of the name handler',
  )
  await expect(aFunction({ entry: join(FIXTURES, 'callback-handler.ts') }).warm()).rejects.toThrow(
    /callback-handler\.ts: handler takes 3 arguments.*return a promise/u,
  )
  expect(await broken.invoke({})).toMatchObject({ kind: 'crashed', error: { type: 'Runtime.InitError' } })
  expect(broken.pids()).toEqual([])
})

test('stopping kills what runs, and nothing starts after it', async () => {
  const subject = aFunction()
  const spinning = subject.invoke({ do: 'spin' })
  await events.until((all) => all.told().length === 1)
  const pids = subject.pids()
  const starting = subject.invoke({ do: 'tell' })
  await subject.stop()
  await untilGone(pids)
  expect(await spinning).toMatchObject({ kind: 'crashed' })
  expect(await starting).toMatchObject({ kind: 'crashed' })
  expect(await subject.invoke({ do: 'tell' })).toMatchObject({ kind: 'crashed', error: { type: 'Stopped' } })
})

test('a killed environment is replaced at once when that is asked for', async () => {
  const subject = aFunction({ maxEnvironments: 1, replaceKilled: true })
  await subject.warm()
  const [first] = subject.pids()
  process.kill(first!, 'SIGKILL')
  await expect.poll(() => subject.pids().filter((pid) => pid !== first)).toHaveLength(1)
  const [second] = subject.pids()
  expect(payload(await subject.invoke({ do: 'tell' }))).toMatchObject({ pid: second, served: 1 })
})

test('deploy() lets a busy environment finish with the old code and ends an idle one', async () => {
  const subject = aFunction({ maxEnvironments: 2 })
  const [first] = await Promise.all([1, 2].map(() => subject.invoke({ do: 'wait', ms: 50 })))
  expect(first).toMatchObject({ kind: 'succeeded' })
  const before = subject.pids()
  const busy = subject.invoke({ do: 'wait', ms: 400 })
  subject.deploy(join(FIXTURES, 'next.ts'))
  // The places of the old code are free, though one of it still works.
  const after = await Promise.all([1, 2].map(() => subject.invoke({})))
  for (const outcome of after) expect(payload(outcome)['code']).toBe('next')
  expect(await busy).toEqual({ kind: 'succeeded', payload: '2' })
  await untilGone(before)
  await events.until((all) => all.of('environment-ended').length === 2)
  expect(events.of('environment-ended').map(({ because }) => because)).toEqual(['replaced', 'replaced'])
})

test('deploy() waits for the old code under oneCodeAtATime', async () => {
  const subject = aFunction({ maxEnvironments: 1, oneCodeAtATime: true })
  const before = payload(await subject.invoke({ do: 'tell' }))
  const order: string[] = []
  const busy = subject.invoke({ do: 'wait', ms: 300 }).then(() => order.push('old'))
  subject.deploy(join(FIXTURES, 'next.ts'))
  const after = payload(await subject.invoke({}))
  order.push('new')
  await busy
  expect(order).toEqual(['old', 'new'])
  expect(after['pid']).not.toBe(before['pid'])
})

test('an environment that was starting at a deploy() serves one event and ends', async () => {
  const subject = aFunction({ maxEnvironments: 1 })
  const old = subject.invoke({ do: 'tell' })
  subject.deploy(join(FIXTURES, 'next.ts'))
  const pid = Number(payload(await old)['pid'])
  expect(payload(await subject.invoke({}))['code']).toBe('next')
  await untilGone([pid])
})
