import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { InvocationOutcome } from '../../lib/local/environment.ts'
import { LocalFunction } from '../../lib/local/function.ts'
import { LocalEvents } from '../helpers/local-events.ts'

const made: LocalFunction[] = []
afterEach(() => Promise.all(made.splice(0).map((each) => each.stop())))

function aHost() {
  const events = new LocalEvents()
  const host = new LocalFunction({
    label: 'worker',
    functionName: 'strays',
    entry: join(import.meta.dirname, 'fixtures/strays.ts'),
    timeoutMs: 20_000,
    memoryMb: 512,
    region: 'us-east-1',
    env: {},
    maxEnvironments: 1,
    onEvent: events.on,
  })
  made.push(host)
  return {
    host,
    printed: () =>
      events
        .of('log')
        .map(({ line }) => line)
        .join('\n'),
  }
}

function told(outcome: InvocationOutcome): Record<string, unknown> {
  expect(outcome).toMatchObject({ kind: 'succeeded' })
  return JSON.parse('payload' in outcome ? outcome.payload : 'null') as Record<string, unknown>
}

const done = (value: string) => ({ outcome: 'success', value })

describe('a rejection that no code has handled [C70]', () => {
  test.each([
    { kind: 'handledLater', output: done('handled'), reported: false },
    {
      kind: 'thrownLater',
      output: { outcome: 'failure', error: { message: 'the step says no' } },
      reported: false,
    },
    { kind: 'neverHandled', output: done('left one'), reported: true },
    { kind: 'inABody', output: done('left one'), reported: true },
  ])('ends neither its worker nor the run beside it: $kind', async ({ kind, output, reported }) => {
    const { host, printed } = aHost()
    const first = told(await host.invoke({ kind }))
    expect(first['outputs']).toMatchObject([output, done('done')])
    expect(told(await host.invoke({ kind }))['pid']).toBe(first['pid'])
    // The listener of the runtime, and no other.
    expect(first['listeners']).toBe(1)
    const stack = /error the code of a process left a rejection unhandled[^\n]*id=p-1[^\n]*\n(?: {6}.*\n)*/u
    if (reported) expect(stack.exec(printed())?.[0]).toMatch(/at .*fixtures\/strays\.ts:\d+/u)
    else expect(printed()).not.toMatch(/unhandled|PromiseRejectionHandledWarning/u)
  })

  test('of no run is left to the runtime, with a line that names each process and its step', async () => {
    const { host, printed } = aHost()
    expect(await host.invoke({ kind: 'outside' })).toMatchObject({ kind: 'crashed' })
    expect(printed()).toMatch(
      /error a rejection outside of all runs may end this worker held=\[\{"id":"n-1","kind":"neighbour","step":"work","attempt":1,"at":"[^"]*strays\.ts:\d+:\d+"\}\]/u,
    )
    expect(printed()).toMatch(/of no process/u)
  })
})

test('code that ends its worker is named, with each process that the worker held and its step', async () => {
  const { host, printed } = aHost()
  expect(await host.invoke({ kind: 'exits' })).toMatchObject({ kind: 'crashed' })
  expect(printed()).toMatch(
    /error the worker exits while it holds processes .*held=\[.*"id":"n-1","kind":"neighbour","step":"work".*\]/u,
  )
  expect(printed()).toMatch(/exit code 3/u)
  // The stack has the code that asked for the exit.
  expect(printed()).toMatch(/fixtures\/strays\.ts/u)
})

test('an error that no code caught is left to the runtime, and a line names process and step', async () => {
  const { host, printed } = aHost()
  expect(await host.invoke({ kind: 'throwsInATimer' })).toMatchObject({ kind: 'crashed' })
  expect(printed()).toMatch(
    /error an error that no code caught may end this worker id=p-1 kind=throwsInATimer step=thrower attempt=1 at=\S*strays\.ts:\d+:\d+ held=\[.*"id":"n-1".*\]/u,
  )
})
