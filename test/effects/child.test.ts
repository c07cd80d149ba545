import * as v from 'valibot'
import { expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import { LeaseLost, ProcessCancelled } from '../../lib/model/errors.ts'
import { ListJournal, runPorts } from '../helpers/run-ports.ts'

const child = defineProcess({
  kind: 'child',
  input: v.null(),
  output: v.null(),
  run: () => Promise.resolve(null),
})

/** A cancel that came while the start of a child was on its way; and before that, or not, something else. */
function starting(reason: Error) {
  const journal = new ListJournal()
  const ports = runPorts(journal)
  const scope = new JournaledEffectController().begin(ports)
  journal.startChild = () => {
    ports.abort.abort(reason)
    return Promise.resolve('cancelled')
  }
  return { journal, scope, started: scope.context.start(child, null) }
}

test('a child that a cancel refused has the refusal as its outcome', async () => {
  const { journal, started } = starting(new ProcessCancelled({ id: 'order-7', reason: 'enough' }))
  await expect(started).rejects.toThrow(ProcessCancelled)
  expect(journal.log).toMatchObject([{ type: 'effect', effect: 'start', outcome: { ok: false } }])
})

// 1. The lease of a run has ended by its own clock, and no worker has taken over yet. 2. A caller asks to cancel. 3. The start of a
// child is refused for that. 4. The reason that the run knows is the lost lease; recorded, it would fail the next run too.
test('a lost lease is never the outcome of a child that was refused meanwhile [C47]', async () => {
  const lost = new LeaseLost({ id: 'order-7', fence: 1, because: 'it ran out' })
  const { journal, scope, started } = starting(lost)
  const first = await Promise.race([
    scope.stopped,
    started.then(
      () => 'started',
      (error: unknown) => error,
    ),
  ])
  expect(first).toEqual({ kind: 'error', error: lost })
  expect(journal.log).toEqual([])
})
