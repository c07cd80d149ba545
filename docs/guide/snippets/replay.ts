import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { historyOf, replayHistory, TestKit, type History } from 'leasehold/testing'

const shape = { kind: 'parcel', input: v.null(), output: v.string() }

const deployed = defineProcess({
  ...shape,
  async run(context) {
    await context.step('label', () => 'l')
    await context.signal('handed over')
    return context.step('track', () => 't')
  },
})

const careless = defineProcess({
  ...shape,
  async run(context) {
    await context.step('weigh', () => 'w')
    return context.step('label', () => 'l')
  },
})

// #region replay
export async function storedProcessesReplay(stored: readonly History[]): Promise<void> {
  for (const history of stored) {
    const { verdict, id } = await replayHistory(history, { definitions: [deployed] })
    assert.ok(verdict === 'frontier' || verdict === 'same-end', `${id}: ${verdict}`)
  }
}

export async function aCarelessChangeIsFound(stored: History): Promise<void> {
  const verdict = await replayHistory(stored, { definitions: [careless] })
  assert.equal(verdict.verdict, 'diverges')
  if (verdict.verdict !== 'diverges') return
  const { position, recorded, asked } = verdict
  assert.deepEqual(
    { position, recorded, asked },
    { position: 0, recorded: 'step "label"', asked: 'step "weigh"' },
  )
}
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [deployed] })
  const process = await kit.start(deployed, null, { id: 'parcel-1' })
  const load = kit.registry.load.bind(kit.registry, process.id)
  const stored = await historyOf({ process, entries: await kit.log('parcel-1'), load })
  await storedProcessesReplay([stored])
  await aCarelessChangeIsFound(stored)
}
