import { expect, test, vi } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { JournaledEffectController } from '../../../lib/effects/journaled.ts'
import { LeaseLost, StoreUnavailable } from '../../../lib/model/errors.ts'
import { COMMIT_HOLD_MS } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { ListJournal, runPorts, type TestPorts } from '../../helpers/run-ports.ts'

const go = (payload: string): Entry => ({
  type: 'signal',
  at: 0,
  name: 'go',
  key: payload,
  payload: { value: payload },
})

function begin(journal: ListJournal, body: (context: ProcessContext) => Promise<unknown>) {
  const ports = runPorts(journal)
  const scope = new JournaledEffectController().begin(ports)
  const seen: { returned?: unknown; stopped?: unknown } = {}
  void body(scope.context).then((returned) => (seen.returned = returned))
  void scope.stopped.then((stopped) => (seen.stopped = stopped))
  return { ports, scope, seen }
}

/** Lets what was just asked for come to rest, up to the write that `journal.before` holds up. */
async function rest(ports: TestPorts, ms = 0): Promise<void> {
  await ports.clock.advance(ms)
  await ports.clock.settle(20)
}

test('what arrives while the last outcomes are being written is not parked over [C38]', async () => {
  const journal = new ListJournal()
  const { ports, scope, seen } = begin(journal, async (context) => {
    void context.step('work', () => 1)
    await context.signal('go')
    return context.signal('go')
  })
  const writing = Promise.withResolvers<void>()
  journal.before = () => writing.promise
  // The outcome is held, and its time has passed before the run has been at rest for long.
  for (let turn = 0; turn < 9 && ports.clock.pending === 0; turn += 1) await ports.clock.settle(1)
  const commit = vi.spyOn(journal, 'commit')
  await rest(ports, COMMIT_HOLD_MS)
  expect(commit).toHaveBeenCalledTimes(1)
  // The park waits for the write under way, whose reply brings the signal.
  journal.arrive(go('one'))
  writing.resolve()
  journal.before = () => {}
  await rest(ports)
  expect(journal.parks).toEqual([{ on: ['signal "go"'], dueAt: undefined }])
  expect(journal.log.filter(({ type }) => type === 'effect')).toMatchObject([
    { name: 'work' },
    { name: 'go' },
  ])
  expect(seen.stopped).toEqual({ kind: 'parked', dueAt: undefined })
  expect(await scope.close('stopped')).toEqual([])
})

test('while a park is being written nothing begins, since the ownership is uncertain [C35]', async () => {
  const journal = new ListJournal()
  const later = Promise.withResolvers<void>()
  let ran = false
  const { ports, seen } = begin(journal, async (context) => {
    const branch = later.promise.then(() => context.step('late', () => (ran = true)))
    await Promise.all([context.signal('go'), branch])
  })
  const parking = Promise.withResolvers<void>()
  journal.before = () => parking.promise
  await rest(ports)
  later.resolve()
  await rest(ports)
  expect(ran).toBe(false)
  parking.resolve()
  await rest(ports)
  expect(seen.stopped).toMatchObject({ kind: 'parked' })
  expect(ran).toBe(false)
  expect(ports.clock.pending).toBe(0)
})

test('outcomes of a refused park are written within the hold time', async () => {
  const journal = new ListJournal()
  const { ports } = begin(journal, async (context) => {
    void context.step('work', () => 1)
    await context.signal('go')
    await context.step('long', () => new Promise<never>(() => {}))
  })
  journal.arrive(go('unseen'), { unseen: true })
  await rest(ports)
  expect(journal.parks).toHaveLength(0)
  await rest(ports, COMMIT_HOLD_MS)
  const effects = journal.log.flatMap((entry) => (entry.type === 'effect' ? [entry.name] : []))
  expect(effects).toEqual(['work', 'go'])
})

// 1. A park is on its way, with the outcome of a step and the begin of a sleep. 2. It takes so long that the sleep has ended,
// and the code continues. 3. It is refused, since a signal arrived before it. Were what came meanwhile written first, a replay
// would give it first, and the process would be stuck.
const MEANWHILE: readonly [string, (context: ProcessContext) => Promise<unknown>, ...effects: string[]][] = [
  ['an outcome that is held', () => Promise.resolve()],
  ['an effect that is on record before it is known', (context) => context.callback('ask'), 'ask'],
]
test.each(MEANWHILE)(
  '%s comes after what a park that was under way was to write [C40]',
  async (_, meanwhile, ...effects) => {
    const journal = new ListJournal()
    const { ports, seen } = begin(journal, async (context) => {
      const signal = context.signal('go')
      await context.step('work', () => 1)
      await context.sleep({ minutes: 1 }, 'nap')
      await meanwhile(context)
      await signal
      await context.step('long', () => new Promise<never>(() => {}))
    })
    const parking = Promise.withResolvers<void>()
    journal.before = () => parking.promise
    const park = vi.spyOn(journal, 'park')
    await rest(ports)
    expect(park).toHaveBeenCalledTimes(1)
    journal.arrive(go('unseen'), { unseen: true })
    await rest(ports, 60_000 + 2 * COMMIT_HOLD_MS)
    parking.resolve()
    await rest(ports, COMMIT_HOLD_MS)
    expect([journal.parks, seen.stopped]).toEqual([[], undefined])
    const written = journal.log.flatMap((entry) => (entry.type === 'effect' ? [entry.name] : []))
    expect(written).toEqual(['work', 'nap', ...effects, 'go'])
  },
)

test('a failed park stops the run with the store’s error, a late one with the lease’s', async () => {
  for (const error of [
    new StoreUnavailable({ operation: 'park', tries: 8, reason: 'down' }, undefined),
    new LeaseLost({ id: 'order-7', fence: 1, because: 'overtaken' }),
  ]) {
    const journal = new ListJournal()
    journal.before = () => {
      throw error
    }
    const { ports, seen } = begin(journal, (context) => context.signal('go'))
    await rest(ports)
    expect(seen.stopped).toEqual({ kind: 'error', error })
  }
})
