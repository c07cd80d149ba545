import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'

// The processes whose stored items are kept from release to release. The code that recorded them and the code that continues
// them is this code. A change here is a deploy over open processes: add a definition instead, and record it in a new scene.

/** What stands around the processes. The recorder changes it, as a fault or a deploy would. */
export const outside = { bankIsUp: true, carrierAnswers: true, deploy: 'good' as 'good' | 'bad' }

/** Long enough to stand in an item of its own. */
export const longText = (letter: string) => letter.repeat(700)

export const part = defineProcess({
  kind: 'part',
  input: v.object({ n: v.number() }),
  output: v.object({ n: v.number() }),
  run: async (context, { n }) => ({ n: await context.step('double', () => 2 * n) }),
})

/** Asks for every effect, and stands still at each wait in turn. */
export const order = defineProcess({
  kind: 'order',
  version: '7',
  events: { drawn: v.unknown(), token: v.object({ token: v.string() }) },
  input: v.object({ sku: v.string(), note: v.optional(v.string()) }),
  output: v.unknown(),
  async run(context, { sku, note = '' }) {
    const drawn = { at: context.now(), chance: context.random(), uuid: context.uuid() }
    const isPatched = context.patched('two prices')
    await context.emit('drawn', drawn)
    const [stock, price] = await context.all([
      () => context.step('stock', () => `${sku} in stock`),
      () => context.step('price', () => 12),
    ])
    const lines = await context.map(['a', 'b', 'c'], (line) => context.step(`line ${line}`, () => line), {
      concurrency: 1,
    })
    await context.step('nothing', () => undefined)
    const refused = await context
      .step('refuse', () => Promise.reject(new RangeError('out of range')))
      .catch((error: unknown) => (error instanceof Error ? error.name : 'other'))
    const reserved = await context.step(
      'reserve',
      () => (outside.bankIsUp ? 'reserved' : Promise.reject(new TypeError('the bank is down'))),
      { retry: { maxAttempts: 9, initialDelay: { hours: 2 }, maxDelay: { hours: 2 }, jitter: 'none' } },
    )
    await context.sleep({ hours: 3 }, 'cool down')
    const approved = await context.signal('approved', {
      schema: v.pipe(
        v.object({ by: v.string() }),
        v.transform(({ by }) => `by ${by}`),
      ),
      timeout: { days: 30 },
    })
    const paid = await context.callback('paid', { timeout: { days: 30 }, heartbeatTimeout: { days: 2 } })
    await context.emit('token', { token: paid.token })
    const receipt = await paid.result()
    const child = await context.start(gated, {}, { id: `${context.id}.gate`, onParentEnd: 'cancel' })
    const gate = await context.result(child)
    const charged = await context.step('charge', () => 'charged', { semantics: 'at-most-once' })
    const facts = { stock, price, lines, refused, reserved, approved, receipt, gate, charged }
    return { ...facts, drawn, isPatched, note: note.length, version: context.version ?? null }
  },
})

/** Ends with what its signal brings. */
export const gated = defineProcess({
  kind: 'gated',
  input: v.object({ text: v.optional(v.string()) }),
  output: v.unknown(),
  run: (context) => context.signal('open'),
})

/** Its log takes several items, and so does its output. */
export const long = defineProcess({
  kind: 'long',
  input: v.object({}),
  output: v.unknown(),
  async run(context) {
    for (let n = 0; n < 60; n += 1) await context.step(`page ${n}`, () => `${n}`.padStart(200, 'x'))
    await context.step('copy', () => longText('c'))
    await context.signal('open')
    return longText('o')
  },
})

/** Hangs in its step while the carrier does not answer. */
export const shipment = defineProcess({
  kind: 'shipment',
  input: v.object({}),
  output: v.string(),
  async run(context) {
    await context.step('pack', () => 'packed')
    return context.step('carry', () => (outside.carrierAnswers ? 'carried' : new Promise<string>(() => {})))
  },
})

/** Never runs twice. */
const once = defineProcess({
  kind: 'once',
  recovery: 'abandon',
  input: v.object({}),
  output: v.unknown(),
  run: (context) => context.step('only', () => 1),
})

/** A bad deploy asks for a step of another name. */
export const fickle = defineProcess({
  kind: 'fickle',
  input: v.object({}),
  output: v.unknown(),
  async run(context) {
    await context.step(outside.deploy === 'good' ? 'named' : 'renamed', () => 1)
    return [await context.signal('open'), await context.signal('close')]
  },
})

export const manual = defineProcess({
  kind: 'manual',
  recovery: 'external',
  input: v.object({}),
  output: v.unknown(),
  run: () => Promise.resolve(null),
})

export const broken = defineProcess({
  kind: 'broken',
  input: v.object({}),
  output: v.unknown(),
  run: () => Promise.reject(new TypeError('no such thing')),
})

/** Has a child for each thing that may happen to one when its parent ends. */
export const family = defineProcess({
  kind: 'family',
  input: v.object({}),
  output: v.unknown(),
  async run(context) {
    for (const onParentEnd of ['cancel', 'abandon', 'leave'] as const)
      await context.start(gated, {}, { id: `${context.id}.${onParentEnd}`, onParentEnd })
    return context.signal('open')
  },
})

/** Was not deployed with the workers when its process was started. */
export const late = defineProcess({
  kind: 'late',
  input: v.object({}),
  output: v.unknown(),
  run: (context) => context.step('only', () => 'deployed by now'),
})

export const DEFINITIONS = [
  part,
  order,
  gated,
  long,
  shipment,
  once,
  fickle,
  manual,
  broken,
  family,
  late,
] as const
