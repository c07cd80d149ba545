import { context, trace, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { OPEN_TELEMETRY } from '../../lib/telemetry/trace.ts'
import { startMessage } from '../../lib/queue/messages.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

type Seen = {
  name: string
  parent: string | undefined
  attributes: Attributes
  failed?: string
  ended: boolean
}

/** What an SDK does as far as it matters here: spans, kept in a list, and a context that follows promises. */
function register(seen: Seen[]): void {
  const storage = new AsyncLocalStorage<Context>()
  const root = context.active()
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? root,
    with: (active, fn, self, ...args) => storage.run(active, () => fn.apply(self as never, args)),
    bind: (_active, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    },
  })
  const names = new Map<Span, string>()
  const start = (name: string, attributes: Attributes = {}): Span => {
    const parent = trace.getActiveSpan()
    const one: Seen = {
      name,
      parent: parent && names.get(parent),
      attributes: { ...attributes },
      ended: false,
    }
    seen.push(one)
    const span = {
      setAttributes: (more: Attributes) => Object.assign(one.attributes, more),
      recordException: ({ message }: { message: string }) => (one.failed = message),
      setStatus: ({ code }: { code: number }) => (one.failed ??= `status ${code}`),
      isRecording: () => true,
      end: () => (one.ended = true),
    } as unknown as Span
    names.set(span, name)
    return span
  }
  const tracer = {
    startSpan: (name: string, options?: { attributes?: Attributes }) => start(name, options?.attributes),
    startActiveSpan: (name: string, options: { attributes?: Attributes }, run: (span: Span) => unknown) => {
      const span = start(name, options.attributes)
      return context.with(trace.setSpan(context.active(), span), () => run(span))
    },
  } as unknown as Tracer
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
}

let seen: Seen[]
beforeEach(() => {
  seen = []
})
afterEach(() => {
  trace.disable()
  context.disable()
})

async function runFlaky(): Promise<World> {
  const world = new World(new MemoryProcessRegistry())
  let tries = 0
  const body = process((run) =>
    run.step(
      'charge',
      () => {
        tries += 1
        if (tries === 1) throw Object.assign(new Error('declined'), { card: '4111' })
        return 'done'
      },
      { retry: { maxAttempts: 2, initialDelay: { ms: 1 } } },
    ),
  )
  const worker = world.parts([body])
  world.attach(worker)
  await world.until(world.serve(worker, [startMessage({ id: 'p-1', kind: 'sample', input: {} })]))
  await world.pass(10_000)
  return world
}

describe('spans', () => {
  test('of a message nest: the look, its claim and segment, and in it the attempts of steps', async () => {
    register(seen)
    await runFlaky()
    expect(seen.map(({ name, parent }) => [name, parent])).toEqual([
      ['leasehold.look', undefined],
      ['leasehold.claim', 'leasehold.look'],
      ['leasehold.segment', 'leasehold.look'],
      ['leasehold.step', 'leasehold.segment'],
      ['leasehold.step', 'leasehold.segment'],
    ])
    expect(seen.every(({ ended }) => ended)).toBe(true)
  })

  test('say whose they are and what came of them, and of an error no more than a log line would', async () => {
    register(seen)
    await runFlaky()
    const [look, claim, segment, failed, second] = seen
    expect(look?.attributes).toMatchObject({ 'leasehold.id': 'p-1', 'leasehold.outcome': 'ended' })
    expect(claim?.attributes).toMatchObject({ 'leasehold.outcome': 'claimed' })
    expect(segment?.attributes).toMatchObject({
      'leasehold.id': 'p-1',
      'leasehold.kind': 'sample',
      'leasehold.fence': 1,
      'leasehold.outcome': 'completed',
    })
    expect(failed).toMatchObject({
      failed: 'declined',
      attributes: { 'leasehold.name': 'charge', 'leasehold.attempt': 1 },
    })
    expect(second).not.toHaveProperty('failed')
    expect(JSON.stringify(seen)).not.toContain('4111')
  })

  test('of a body whose error throws when it is read fail, and the error comes out as it is', async () => {
    register(seen)
    const evil = new Proxy(new Error('hidden'), {
      get() {
        throw new Error('not to be read')
      },
    })
    const spanned = OPEN_TELEMETRY.span('step', {}, () => Promise.reject(evil))
    // In a list, since a promise would look for its then.
    const [thrown] = await spanned.catch((error: unknown) => [error])
    expect(thrown === evil).toBe(true)
    expect(seen).toMatchObject([{ failed: 'status 2', ended: true }])
  })

  test('change nothing when no SDK is there', async () => {
    const world = await runFlaky()
    expect(seen).toEqual([])
    expect(world.told.counts.get('Completed')).toBe(1)
    await expect(
      OPEN_TELEMETRY.span('look', {}, () => Promise.reject(new Error('as it was'))),
    ).rejects.toThrow('as it was')
  })
})
