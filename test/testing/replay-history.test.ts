import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess, type AnyDefinition } from '../../lib/effects/definition.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { historyOf, replayHistory, TestKit, type History } from '../../lib/testing/index.ts'

type Code = (context: ProcessContext) => Promise<unknown>

let bodies = 0
const body = (value: unknown = null) => {
  bodies += 1
  return value as null
}

function definitionOf(run: Code, kind = 'p'): AnyDefinition {
  return defineProcess({ kind, input: v.null(), output: v.unknown() as never, run: run as never })
}

/** The history of a process that ran this code, then got these signals. */
async function lived(run: Code, act: (kit: TestKit) => Promise<unknown> = async () => {}): Promise<History> {
  const definition = definitionOf(run)
  const kit = new TestKit({ definitions: [definition], telemetry: SILENT })
  await kit.start(definition, null, { id: 'p-1' })
  await act(kit)
  const id = parseProcessId('p-1')
  return historyOf({
    process: await kit.record(id),
    entries: await kit.log(id),
    load: (payload) => kit.registry.load(id, payload),
  })
}

/** The verdict on other code, as it comes through a file. */
function verdictOn(history: History, run: Code) {
  return replayHistory(JSON.parse(JSON.stringify(history)), { definitions: [definitionOf(run)] })
}

const waits: Code = async (context) => {
  await context.step('bill', () => body())
  await context.signal('paid')
  return context.step('ship', () => body())
}

test('an open process reaches its frontier, and no body of a step runs', async () => {
  const history = await lived(waits)
  bodies = 0
  const extended: Code = async (context) => {
    await waits(context)
    return context.step('thank', () => body())
  }
  expect(await verdictOn(history, waits)).toEqual({ id: 'p-1', kind: 'p', verdict: 'frontier', ends: false })
  expect(await verdictOn(history, extended)).toMatchObject({ verdict: 'frontier', ends: false })
  const shorter: Code = (context) => context.step('bill', () => body())
  expect(await verdictOn(history, shorter)).toMatchObject({ verdict: 'frontier', ends: true })
  expect(bodies).toBe(0)
})

test('a process whose step is retried reaches its frontier', async () => {
  const retried: Code = (context) =>
    context.step('fails', () => Promise.reject(new Error('busy')), {
      retry: { maxAttempts: 9, initialDelay: { days: 1 } },
    })
  const history = await lived(retried)
  expect(history.entries.map(({ type }) => type)).toContain('attempt')
  expect(await verdictOn(history, retried)).toMatchObject({ verdict: 'frontier' })
})

test.each<readonly [string, Code, (kit: TestKit) => Promise<unknown>]>([
  ['completed', waits, (kit) => kit.signal('p-1', 'paid')],
  ['failed', () => Promise.reject(new RangeError('no stock')), async () => {}],
  ['cancelled', waits, (kit) => kit.cancel('p-1')],
])('a process that %s comes to the same end', async (_, run, act) => {
  expect(await verdictOn(await lived(run, act), run)).toEqual({ id: 'p-1', kind: 'p', verdict: 'same-end' })
})

test('code that asks for another effect diverges there, with the place of the call', async () => {
  const renamed: Code = async (context) => {
    await context.step('bill', () => body())
    return context.step('check', () => body())
  }
  const history = await lived(
    async (context) => {
      await context.step('bill', () => body())
      return context.sleep({ days: 3 }, 'time to pay')
    },
    (kit) => kit.skip({ days: 4 }),
  )
  expect(await verdictOn(history, renamed)).toEqual({
    id: 'p-1',
    kind: 'p',
    verdict: 'diverges',
    position: 1,
    recorded: 'sleep "time to pay"',
    asked: 'step "check"',
    at: expect.stringMatching(/replay-history\.test\.ts:\d+:\d+$/u),
  })
})

test('a completed process diverges when its code asks for more, or fails', async () => {
  const history = await lived(waits, (kit) => kit.signal('p-1', 'paid'))
  const more: Code = async (context) => {
    await waits(context)
    return context.step('thank', () => body())
  }
  const recorded = { verdict: 'diverges', position: 3, recorded: 'the end of the run, completed' }
  const at = expect.stringMatching(/replay-history\.test\.ts:\d+:\d+$/u)
  expect(await verdictOn(history, more)).toMatchObject({
    ...recorded,
    asked: 'step "thank"',
    at,
  })
  const fails: Code = async (context) => {
    await waits(context)
    throw new RangeError('no stock')
  }
  const asked = 'the end of the run, failed with RangeError: no stock'
  expect(await verdictOn(history, fails)).toMatchObject({ ...recorded, asked, at })
})

test('a failed process diverges when its code completes', async () => {
  const history = await lived(() => Promise.reject(new RangeError('no stock')))
  expect(await verdictOn(history, async () => null)).toMatchObject({
    verdict: 'diverges',
    position: 0,
    recorded: 'the end of the run, failed with RangeError',
    asked: 'the end of the run, completed',
  })
})

test('a process that was ended in the middle is not compared with an end of its code', async () => {
  const history = await lived(waits, async (kit) => {
    await kit.client.abandon('p-1')
    await kit.skip({ hours: 1 })
  })
  expect(history.process.status).toBe('abandoned')
  expect(await verdictOn(history, waits)).toMatchObject({ verdict: 'frontier' })
})

test('a value out of line is in the history, and without it the history is unusable', async () => {
  const wide: Code = async (context) => {
    const text = (await context.step('read', () => body('x'.repeat(300_000)))) as unknown as string
    await context.step(`ship ${text.length}`, () => body())
    return context.signal('paid')
  }
  const history = await lived(wide)
  const refs = Object.keys(history.payloads)
  expect(refs).toHaveLength(1)
  expect(await verdictOn(history, wide)).toMatchObject({ verdict: 'frontier' })
  const verdict = await verdictOn({ ...history, payloads: {} }, wide)
  expect(verdict).toMatchObject({
    verdict: 'unusable',
    because: expect.stringContaining(`the value ${refs[0]}`),
  })
})

test('a kind without a definition, and code that waits for no effect, are unusable', async () => {
  const history = await lived(waits)
  const other = { definitions: [definitionOf(waits, 'q')] }
  expect(await replayHistory(history, other)).toMatchObject({
    verdict: 'unusable',
    because: 'there is no definition of kind p; there are: q',
  })
  const hangs: Code = () => new Promise(() => {})
  expect(await verdictOn(history, hangs)).toMatchObject({
    verdict: 'unusable',
    because: expect.stringContaining('waits for something that is no effect'),
  })
})
