import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StoreUnavailable } from '../../lib/model/errors.ts'
import { METRICS_HELD_MS } from '../../lib/model/limits-flight.ts'
import { AT_ONCE } from '../../lib/telemetry/metrics.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { powertoolsTelemetry, withTelemetry } from '../../lib/telemetry/powertools.ts'

const CONTEXT = {
  functionName: 'worker',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:worker',
  memoryLimitInMB: '1024',
  awsRequestId: 'request-1',
} as Context

type Line = Record<string, unknown>
let lines: Line[]

beforeEach(() => {
  lines = []
  const take = (text: string | Uint8Array) => {
    lines.push(
      ...String(text)
        .trim()
        .split('\n')
        .map((line): Line => JSON.parse(line)),
    )
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(take)
  vi.spyOn(process.stderr, 'write').mockImplementation(take)
})
afterEach(() => vi.restoreAllMocks())

describe('log lines', () => {
  test('are JSON with level, message, service and facts', () => {
    powertoolsTelemetry({ service: 'worker' }).info('claimed', { id: 'order-7', fence: 4 })
    expect(lines).toMatchObject([
      { level: 'INFO', message: 'claimed', service: 'worker', facts: { id: 'order-7', fence: 4 } },
    ])
  })

  test('carry the request id once an invocation has begun', () => {
    const telemetry = powertoolsTelemetry({ service: 'worker' })
    telemetry.begin(CONTEXT)
    telemetry.warn('busy')
    expect(lines).toMatchObject([{ level: 'WARN', message: 'busy', function_request_id: 'request-1' }])
  })

  test('of processes that run at once do not mix their facts', async () => {
    const telemetry = powertoolsTelemetry({ service: 'worker' })
    const run = async (id: string) => {
      telemetry.info('begin', { id })
      await Promise.resolve()
      telemetry.info('end')
    }
    await Promise.all(['a', 'b'].map(run))
    expect(lines.map(({ message, facts }) => ({ message, facts }))).toEqual([
      { message: 'begin', facts: { id: 'a' } },
      { message: 'begin', facts: { id: 'b' } },
      { message: 'end', facts: undefined },
      { message: 'end', facts: undefined },
    ])
  })

  test('keep facts whose names the logger uses itself', () => {
    powertoolsTelemetry({ service: 'worker' }).info('rejected', { message: 'm-1', level: 'high' })
    expect(lines).toMatchObject([{ level: 'INFO', facts: { message: 'm-1', level: 'high' } }])
    expect(lines).toHaveLength(1)
  })

  test('show an error with code, facts, stack and causes', () => {
    const cause = new Error('socket closed')
    const error = new StoreUnavailable({ operation: 'commit', tries: 8, reason: 'timeout' }, cause)
    powertoolsTelemetry({ service: 'worker' }).error('run failed', error, { id: 'order-7' })
    expect(lines).toMatchObject([
      {
        level: 'ERROR',
        message: 'run failed',
        facts: { id: 'order-7' },
        error: {
          name: 'StoreUnavailable',
          code: 'store_unavailable',
          facts: { operation: 'commit', tries: 8 },
          stack: expect.stringContaining('powertools.test.ts'),
          cause: {
            name: 'Error',
            message: 'socket closed',
            stack: expect.stringContaining('powertools.test.ts'),
          },
        },
      },
    ])
  })
})

describe('counts', () => {
  test('of one invocation are written as one embedded-metrics line', () => {
    const telemetry = powertoolsTelemetry({ service: 'worker' })
    telemetry.count('Claimed')
    telemetry.count('Completed', 3, { kind: 'order' })
    expect(lines).toEqual([])
    telemetry.flush()
    expect(lines).toMatchObject([
      {
        service: 'worker',
        Claimed: 1,
        Completed: 3,
        _aws: {
          CloudWatchMetrics: [
            {
              Namespace: 'Leasehold',
              Dimensions: [['service']],
              Metrics: [
                { Name: 'Claimed', Unit: 'Count' },
                { Name: 'Completed', Unit: 'Count' },
              ],
            },
          ],
        },
      },
    ])
  })

  test('are written once, and nothing is when nothing was counted', () => {
    const telemetry = powertoolsTelemetry({ service: 'worker' })
    telemetry.flush()
    telemetry.count('Busy')
    telemetry.flush()
    telemetry.flush()
    expect(lines).toHaveLength(1)
  })

  test('above what one line holds go into several and none is lost', () => {
    const telemetry = powertoolsTelemetry({ service: 'sweep' })
    for (let index = 0; index < 250; index++) telemetry.count('SweepWakeups')
    telemetry.flush()
    const sent = lines.flatMap((line) => line['SweepWakeups'])
    expect(sent).toHaveLength(250)
  })
})

describe('metrics of an invocation that continues', () => {
  test.each([...AT_ONCE])('are written at once for %s, with what is held', (metric) => {
    const telemetry = powertoolsTelemetry({ service: 'worker' })
    telemetry.count('Claimed')
    expect(lines).toEqual([])
    telemetry.count(metric)
    expect(lines).toMatchObject([{ Claimed: 1, [metric]: 1 }])
    telemetry.flush()
    expect(lines).toHaveLength(1)
  })

  test('are written after a while, and the end of a handler leaves no timer', async () => {
    const clock = new VirtualClock()
    const telemetry = powertoolsTelemetry({ service: 'worker', clock })
    telemetry.count('Parked')
    telemetry.measure('QueueAge', 5)
    await clock.advance(METRICS_HELD_MS)
    expect(lines).toMatchObject([{ Parked: 1, QueueAge: 5 }])
    telemetry.count('Parked')
    telemetry.flush()
    expect(clock.nextAt).toBeUndefined()
    expect(lines).toHaveLength(2)
  })
})

describe('a handler', () => {
  const telemetry = powertoolsTelemetry({ service: 'worker' })
  const handler = withTelemetry(telemetry, async (word: string, { awsRequestId }) => {
    telemetry.count('Claimed')
    telemetry.info('claimed')
    if (word === 'fail') throw new Error('no answer')
    return `${word} ${awsRequestId}`
  })
  const TOLD = [{ message: 'claimed', function_request_id: 'request-1' }, { Claimed: 1 }]

  test('answers, and says which invocation its lines are of and what it counted', async () => {
    expect(await handler('asked in', CONTEXT)).toBe('asked in request-1')
    expect(lines).toMatchObject(TOLD)
  })

  test('that fails has told the same', async () => {
    await expect(handler('fail', CONTEXT)).rejects.toThrow('no answer')
    expect(lines).toMatchObject(TOLD)
  })
})

test('an error that is no Leasehold error shows no fields of its own', () => {
  const error = Object.assign(new Error('refused'), {
    Item: { input: 'secret' },
    $metadata: { requestId: 'r-9' },
  })
  powertoolsTelemetry({ service: 'worker' }).error('write refused', error)
  expect(JSON.stringify(lines)).not.toContain('secret')
  expect(lines).toMatchObject([{ error: { awsRequestId: 'r-9' } }])
})
