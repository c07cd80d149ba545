import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { defineProcess } from '../../../lib/effects/definition.ts'
import { JournaledEffectController } from '../../../lib/effects/journaled.ts'
import {
  ChildFailed,
  InvalidInput,
  NonRetryable,
  ProcessCancelled,
  StepFailed,
  StepInterrupted,
  WaitTimedOut,
} from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { STAY_MS } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { ListJournal, runPorts } from '../../helpers/run-ports.ts'

type Body<T> = (context: ProcessContext) => Promise<T>

/** Runs a body segment after segment on one journal and clock, as workers would, until it returns or nothing is due. */
class Life {
  readonly clock = new VirtualClock()
  readonly journal = new ListJournal()
  segments = 0

  async segment<T>(
    body: Body<T>,
    abort?: unknown,
  ): Promise<{ returned: T } | { threw: unknown } | 'parked' | 'hand-over'> {
    this.segments += 1
    const ports = runPorts(this.journal, { clock: this.clock, attempt: this.segments })
    if (abort !== undefined) ports.abort.abort(abort)
    const scope = new JournaledEffectController().begin(ports)
    const ended = body(scope.context).then(
      (returned) => ({ returned }),
      (threw: unknown) => ({ threw }),
    )
    let rest: Awaited<typeof ended> | Awaited<typeof scope.stopped> | undefined
    void Promise.race([ended, scope.stopped]).then((value) => (rest = value))
    while (rest === undefined) {
      await this.clock.settle(6)
      if (rest === undefined && (this.clock.nextAt ?? Number.POSITIVE_INFINITY) - this.clock.now() <= STAY_MS)
        await this.clock.skip()
    }
    const result = rest
    if ('kind' in result) {
      if (result.kind === 'error') throw result.error
      return result.kind
    }
    const left = await scope.close('finished')
    this.journal.writes.push(left)
    this.journal.append(left)
    return result
  }

  /** Continues at each due time until the body has returned. */
  async through<T>(body: Body<T>): Promise<T> {
    for (;;) {
      const rest = await this.segment(body)
      if (typeof rest === 'object') {
        if ('threw' in rest) throw rest.threw
        return rest.returned
      }
      const dueAt = this.journal.parks.at(-1)?.dueAt
      if (dueAt === undefined) throw new Error('parked with nothing due')
      await this.clock.advance(Math.max(0, dueAt - this.clock.now()))
    }
  }
}

const signal = (name: string, key: string, value: unknown): Entry => ({
  type: 'signal',
  at: 0,
  name,
  key,
  payload: { value: value as never },
})

test('a long sleep parks in one write, wakes no earlier, and holds nothing meanwhile [C37]', async () => {
  const life = new Life()
  const startedAt = life.clock.now()
  const body: Body<number> = async (context) => {
    await context.step('before', () => 1)
    await context.sleep({ days: 90 }, 'nap')
    return life.clock.now()
  }
  expect(await life.segment(body)).toBe('parked')
  expect(life.journal.writes).toHaveLength(1)
  expect(life.journal.parks).toEqual([{ on: ['sleep "nap"'], dueAt: startedAt + 90 * 86_400_000 }])
  expect(life.clock.pending).toBe(0)
  await life.clock.advance(90 * 86_400_000 - STAY_MS - 1)
  expect(await life.segment(body)).toBe('parked')
  await life.clock.advance(1)
  // So close to its time it stays, and still wakes not a millisecond early.
  expect(await life.segment(body)).toEqual({ returned: startedAt + 90 * 86_400_000 })
})

test('a short sleep stays in memory, a sleep of 0 or of a past time ends at once [C37]', async () => {
  const life = new Life()
  const body: Body<string> = async (context) => {
    await context.sleep({ seconds: 1 })
    await context.sleep({ ms: 0 })
    await context.sleepUntil(new Date(0))
    return 'awake'
  }
  const startedAt = life.clock.now()
  expect(await life.segment(body)).toEqual({ returned: 'awake' })
  expect(life.clock.now()).toBe(startedAt + 1_000)
  await expect(new Life().segment((context) => context.sleep({ seconds: -1 }))).resolves.toMatchObject({
    threw: expect.any(InvalidInput) as unknown,
  })
})

test('branches wait side by side, and the process parks only once nothing of it runs [C40]', async () => {
  const life = new Life()
  const body: Body<string[]> = async (context) => {
    const order: string[] = []
    await context.all([
      () => context.sleep({ hours: 2 }, 'two').then(() => void order.push('two')),
      () => context.sleep({ hours: 1 }, 'one').then(() => void order.push('one')),
      async () => {
        await context.step('work', () => 1)
        await context.sleep({ hours: 3 }, 'three')
        order.push('three')
      },
    ])
    return order
  }
  expect(await life.through(body)).toEqual(['one', 'two', 'three'])
  expect(life.segments).toBe(4)
  expect(life.journal.parks[0]?.on).toHaveLength(3)
})

test('the nth signal of a name reaches the nth wait, whenever it was sent [C38]', async () => {
  const life = new Life()
  const body: Body<unknown[]> = async (context) => [
    await context.signal('go'),
    await context.signal('other'),
    await context.signal('go'),
  ]
  life.journal.append([signal('go', 'k1', 'first')])
  expect(await life.segment(body)).toBe('parked')
  life.journal.append([signal('go', 'k2', 'second'), signal('other', 'k3', { n: 1 })])
  expect(await life.segment(body)).toEqual({ returned: ['first', { n: 1 }, 'second'] })
  expect(await life.segment(body)).toEqual({ returned: ['first', { n: 1 }, 'second'] })
})

test('a signal that arrives while the process decides to park is not lost [C38]', async () => {
  const life = new Life()
  const ran = life.segment(async (context) => {
    const first = context.signal('go')
    life.journal.arrive(signal('go', 'k', 'in time'), { unseen: true })
    return first
  })
  expect(await ran).toEqual({ returned: 'in time' })
  expect(life.journal.parks).toEqual([])
})

test('a timeout and its signal race to one outcome, the same on every replay [C39]', async () => {
  const life = new Life()
  const body: Body<unknown> = async (context) => {
    const outcome = await context.signal('go', { timeout: { hours: 1 } }).catch((error: unknown) => error)
    return [outcome instanceof WaitTimedOut, await context.signal('go')]
  }
  expect(await life.segment(body)).toBe('parked')
  await life.clock.advance(3_600_000)
  expect(await life.segment(body)).toBe('parked')
  life.journal.append([signal('go', 'k', 'late')])
  expect(await life.segment(body)).toEqual({ returned: [true, 'late'] })
  expect(await life.segment(body)).toEqual({ returned: [true, 'late'] })
})

test('a signal that its schema refuses is used up, and the wait takes the next, on replays too', async () => {
  const life = new Life()
  life.journal.append([signal('n', 'k1', 'seven'), signal('n', 'k2', 7)])
  const body: Body<unknown> = async (context) => {
    const first = await context.signal('n', { schema: v.number() })
    return [first, await context.signal('n')]
  }
  expect(await life.segment(body)).toBe('parked')
  life.journal.append([signal('n', 'k3', 'last')])
  expect(await life.segment(body)).toEqual({ returned: [7, 'last'] })
})

test('a refusal that an earlier version recorded is thrown, since the code after it has run', async () => {
  const life = new Life()
  const error = { class: 'InvalidInput', code: 'invalid_input', message: 'signal n is not valid: no number' }
  const at = life.clock.now()
  const recorded: Entry = {
    type: 'effect',
    at,
    position: 0,
    effect: 'signal',
    name: 'n',
    outcome: { ok: false, error, took: 1 },
  }
  life.journal.append([signal('n', 'k1', 'seven'), recorded, signal('n', 'k2', 7)])
  const body: Body<unknown> = async (context) => {
    const refused = await context.signal('n', { schema: v.number() }).catch((thrown: unknown) => thrown)
    return [refused instanceof InvalidInput, await context.signal('n', { schema: v.number() })]
  }
  expect(await life.segment(body)).toEqual({ returned: [true, 7] })
})

test('the log counts attempts, a long backoff parks, and the policy outlives its workers [C36]', async () => {
  const life = new Life()
  const startedAt = life.clock.now()
  const tries: number[] = []
  const body: Body<number> = (context) =>
    context.step(
      'flaky',
      ({ attempt }) => {
        tries.push((life.clock.now() - startedAt) / 1_000)
        if (attempt < 4) throw new Error(`try ${attempt}`)
        return attempt
      },
      {
        retry: {
          maxAttempts: 5,
          initialDelay: { seconds: 10 },
          backoff: 3,
          maxDelay: { minutes: 1 },
          jitter: 'none',
        },
      },
    )
  expect(await life.through(body)).toBe(4)
  expect(tries).toEqual([0, 10, 40, 100])
  expect(life.segments).toBe(4)
})

test('a step gives up after its last attempt, on NonRetryable, or when its policy says so [C36]', async () => {
  const failing = (thrown: Error, retryIf?: (error: { message: string }) => boolean) => {
    const life = new Life()
    let tries = 0
    const retry = { maxAttempts: 3, initialDelay: { ms: 1 }, ...(retryIf === undefined ? {} : { retryIf }) }
    const run = life.through((context) =>
      context.step(
        's',
        () => {
          tries += 1
          throw thrown
        },
        { retry },
      ),
    )
    return run.then(
      () => 0,
      (error: unknown) => (error instanceof StepFailed ? tries : -1),
    )
  }
  expect(await failing(new Error('any'))).toBe(3)
  expect(await failing(new NonRetryable('no use'))).toBe(1)
  expect(await failing(new Error('fatal'), (error) => error.message !== 'fatal')).toBe(1)
})

test('a step that takes too long fails with step_timed_out, and its signal fires', async () => {
  const life = new Life()
  let fired = false
  const body: Body<unknown> = (context) =>
    context
      .step(
        'slow',
        ({ abortSignal }) =>
          new Promise<void>(() => abortSignal.addEventListener('abort', () => (fired = true))),
        {
          timeout: { seconds: 1 },
        },
      )
      .catch((error: unknown) => (error as StepFailed).error.code)
  expect(await life.segment(body)).toEqual({ returned: 'step_timed_out' })
  expect(fired).toBe(true)
})

test('an at-most-once step that ran when its worker died throws StepInterrupted on re-runs [C35]', async () => {
  const life = new Life()
  let ran = 0
  const body =
    (die: boolean): Body<unknown> =>
    (context) =>
      context
        .step('pay', () => (ran++, die ? new Promise<never>(() => {}) : 1), { semantics: 'at-most-once' })
        .catch((error: unknown) => error instanceof StepInterrupted && error.facts['idempotencyKey'])
  void life.segment(body(true))
  await life.clock.settle(20)
  expect(life.journal.log.map((entry) => entry.type)).toEqual(['begin'])
  expect(await life.segment(body(false))).toEqual({ returned: 'order-7/0' })
  expect(await life.segment(body(false))).toEqual({ returned: 'order-7/0' })
  expect(ran).toBe(1)
})

test('now, random and uuid are the same on every run [C42]', async () => {
  const life = new Life()
  const body: Body<unknown> = async (context) => {
    const drawn = [context.now(), context.random(), context.uuid(), context.uuid()]
    await context.sleep({ days: 1 })
    return drawn
  }
  const value = await life.through(body)
  expect((value as unknown[])[0]).toBe(Date.UTC(2026, 0, 1))
  expect((value as string[])[2]).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
  )
  expect(new Set(value as unknown[]).size).toBe(4)
  expect(await life.segment(body)).toEqual({ returned: value })
})

test('patched() keeps its answer: false in a process past it before the change, true in new ones', async () => {
  const life = new Life()
  const old: Body<string> = async (context) => {
    await context.step('fee', () => 1)
    await context.sleep({ days: 1 })
    return 'old'
  }
  const changed: Body<string> = async (context) => {
    const fresh = context.patched('fee-v2')
    await context.step(fresh ? 'fee-v2' : 'fee', () => 1)
    await context.sleep({ days: 1 })
    return fresh ? 'new' : 'old'
  }
  expect(await life.segment(old)).toBe('parked')
  expect(await life.through(changed)).toBe('old')
  const newLife = new Life()
  expect(await newLife.segment(changed)).toBe('parked')
  expect(await newLife.through(changed)).toBe('new')
})

test('a cancel ends waits with its reason on record, and shielded clean-up survives crashes', async () => {
  const life = new Life()
  const cleaned: string[] = []
  const body: Body<string> = async (context) => {
    try {
      await context.signal('never')
      return 'impossible'
    } catch (error) {
      await context.shield(async () => {
        await context.step('undo', () => void cleaned.push('undo'))
        await context.sleep({ hours: 1 }, 'cool down')
        await context.step('notify', () => void cleaned.push('notify'))
      })
      throw error
    }
  }
  expect(await life.segment(body)).toBe('parked')
  const reason = new ProcessCancelled({ id: 'order-7', reason: 'enough' })
  expect(await life.segment(body, reason)).toBe('parked')
  await life.clock.advance(3_600_000)
  expect(await life.segment(body, reason)).toEqual({ threw: reason })
  expect(cleaned).toEqual(['undo', 'notify'])
})

test('emit() checks a declared event, refuses others, and a refused event takes no number [C27]', async () => {
  const journal = new ListJournal()
  const ports = runPorts(journal, { events: { progress: v.object({ done: v.number() }) } })
  const { context } = new JournaledEffectController().begin(ports)
  await expect(context.emit('progress', { done: 'half' })).rejects.toThrow(/progress.*done/u)
  await expect(context.emit('other', 1)).rejects.toThrow(/declares progress/u)
  await context.emit('progress', { done: 1 })
  await ports.clock.advance(100)
  expect(journal.log).toMatchObject([
    { effect: 'emit', name: 'progress', position: 2, outcome: { value: { value: { done: 1 } } } },
  ])
})

test('a callback has one token on all runs, and ends with reply, failure, timeout or silence', async () => {
  const ask =
    (options: object): Body<unknown> =>
    async (context) => {
      const callback = await context.callback('ok', options)
      const outcome = await callback
        .result()
        .catch((error: unknown) =>
          error instanceof WaitTimedOut ? 'timed out' : (error as StepFailed).error.code,
        )
      return [callback.token, outcome]
    }
  const life = new Life()
  expect(await life.segment(ask({}))).toBe('parked')
  const token = `order-7~0~${life.journal.tokens.get(0)}`
  life.journal.append([{ type: 'reply', at: 0, position: 0, outcome: { ok: true, value: { value: 'yes' } } }])
  expect(await life.segment(ask({}))).toEqual({ returned: [token, 'yes'] })
  const failed = new Life()
  await failed.segment(ask({}))
  failed.journal.append([
    {
      type: 'reply',
      at: 0,
      position: 0,
      outcome: { ok: false, error: { class: 'E', code: 'nope', message: '' } },
    },
  ])
  expect(await failed.segment(ask({}))).toMatchObject({ returned: [expect.any(String), 'nope'] })
  const silent = new Life()
  const beating = ask({ timeout: { hours: 5 }, heartbeatTimeout: { hours: 1 } })
  expect(await silent.segment(beating)).toBe('parked')
  await silent.clock.advance(3_500_000)
  silent.journal.beats.set(0, silent.clock.now())
  await silent.clock.advance(100_000)
  expect(await silent.segment(beating)).toBe('parked')
  expect(silent.journal.parks.at(-1)?.dueAt).toBe(silent.journal.beats.get(0)! + 3_600_000)
  await silent.clock.advance(3_500_000)
  expect(await silent.segment(beating)).toMatchObject({ returned: [expect.any(String), 'timed out'] })
})

test('a child is started once, its output journaled, and a failed one thrown', async () => {
  const child = defineProcess({
    kind: 'child',
    input: v.object({ n: v.number() }),
    output: v.number(),
    run: async () => 1,
  })
  const life = new Life()
  const body: Body<unknown> = async (context) => {
    const [a, b] = [
      await context.start(child, { n: 1 }),
      await context.start(child, { n: 2 }, { id: 'named' }),
    ]
    const failure = await context
      .result(b)
      .catch((error: unknown) => (error instanceof ChildFailed ? error.error.code : error))
    return [a.id, await context.result(a), failure]
  }
  expect(await life.segment(body)).toBe('parked')
  expect([...life.journal.children.keys()]).toEqual(['order-7.0', 'named'])
  life.journal.outputs.set('order-7.0', { outcome: 'success', value: 7 })
  life.journal.outputs.set('named', { outcome: 'cancelled', reason: 'no' })
  life.journal.append([{ type: 'child', at: 0, id: 'named', status: 'cancelled' }])
  expect(await life.segment(body)).toBe('parked')
  life.journal.append([{ type: 'child', at: 0, id: parseProcessId('order-7.0'), status: 'completed' }])
  const result = { returned: ['order-7.0', 7, 'child_cancelled'] }
  expect(await life.segment(body)).toEqual(result)
  life.journal.outputs.clear()
  expect(await life.segment(body)).toEqual(result)
  expect(life.journal.children.size).toBe(2)
})

test('a process that crashes after any write and continues comes to the same end [C34]', async () => {
  const body: Body<unknown> = async (context) => {
    const a = await context.step('a', () => 1)
    const pair = await context.all([
      async () => {
        await context.sleep({ hours: 1 }, 'x')
        return context.step('after x', () => 'x')
      },
      async () => {
        const got = await context.signal('go')
        await context.emit('got', got)
        return got
      },
    ])
    return [a, pair, context.now() > 0, await context.step('z', () => 26)]
  }
  const full = new Life()
  full.journal.append([signal('go', 'k', 'sent')])
  const expected = await full.through(body)
  for (let length = 1; length <= full.journal.log.length; length += 1) {
    const life = new Life()
    life.journal.append(full.journal.log.slice(0, length))
    expect(await life.through(body)).toEqual(expected)
  }
})
