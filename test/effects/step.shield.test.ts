import { expect, test } from 'vitest'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import { InlineEffectController } from '../../lib/effects/inline.ts'
import type { EffectController } from '../../lib/effects/controller.ts'
import { LeaseLost, ProcessCancelled } from '../../lib/model/errors.ts'
import { ListJournal, runPorts } from '../helpers/run-ports.ts'

const CANCEL = new ProcessCancelled({ id: 'order-7', reason: 'enough' })

const controllers: [string, EffectController][] = [
  ['journaled', new JournaledEffectController()],
  ['inline', new InlineEffectController()],
]

test.each(controllers)(
  'a shielded step of the %s controller is given a signal that a cancel does not fire',
  async (_, controller) => {
    const ports = runPorts(new ListJournal())
    const { context } = controller.begin(ports)
    const seen: boolean[] = []
    const note = ({ abortSignal }: { abortSignal: AbortSignal }): void => void seen.push(abortSignal.aborted)
    await context.shield(async () => {
      await context.step('refund', (step) => {
        note(step)
        ports.abort.abort(CANCEL)
        note(step)
      })
      // What `fetch` would throw at once, had it been given the fired signal.
      await context.step('release', (step) => {
        note(step)
        step.abortSignal.throwIfAborted()
      })
      await context.step('notify', note, { timeout: { seconds: 5 } })
    })
    expect(seen).toEqual([false, false, false, false])
  },
)

test.each(controllers)(
  'a shielded step of the %s controller gets the loss of its lease through its signal',
  async (_, controller) => {
    const ports = runPorts(new ListJournal())
    const { context } = controller.begin(ports)
    const lost = new LeaseLost({ id: 'order-7', fence: 3, because: 'it ran out' })
    const told = Promise.withResolvers<unknown>()
    // The run's own signal fires once, and has done so.
    ports.abort.abort(CANCEL)
    void context.shield(() =>
      context.step('refund', ({ abortSignal }) => {
        abortSignal.addEventListener('abort', () => told.resolve(abortSignal.reason))
        ports.halt.abort(lost)
      }),
    )
    expect(await told.promise).toBe(lost)
  },
)

test('an abort of its own in a shielded step is a failure, not the cancel that came before it', async () => {
  const ports = runPorts(new ListJournal())
  const { context } = new JournaledEffectController().begin(ports)
  ports.abort.abort(CANCEL)
  const failed = context.shield(() =>
    context.step('refund', () => {
      throw new DOMException('gave up', 'AbortError')
    }),
  )
  await expect(failed).rejects.toMatchObject({ code: 'step_failed', message: 'step refund failed: gave up' })
})
