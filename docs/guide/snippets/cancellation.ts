import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, type ProcessClient } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region shield
export const render = defineProcess({
  kind: 'render',
  input: v.object({ scene: v.string() }),
  output: v.string(),
  async run(context, { scene }) {
    const machine = await context.step('rent a machine', () => rent(scene))
    try {
      await context.sleep({ hours: 3 }, 'rendering')
      return `${scene}.mp4`
    } finally {
      // Without the shield this step would be refused after a cancel, and the machine would be paid for ever.
      await context.shield(() => context.step('give it back', () => giveBack(machine)))
    }
  },
})
// #endregion

// #region cancel
export async function stopRendering(client: ProcessClient, id: string, who: string): Promise<void> {
  await client.cancel(id, 'the scene was changed', who)
}
// #endregion

// #region saga
export const trip = defineProcess({
  kind: 'trip',
  input: v.object({ to: v.string() }),
  output: v.string(),
  async run(context, { to }) {
    const undo: (() => Promise<void>)[] = []
    try {
      undo.push(() => context.step('cancel the flight', () => void booked.delete('flight')))
      await context.step('book a flight', () => void booked.add('flight'))
      undo.push(() => context.step('cancel the hotel', () => void booked.delete('hotel')))
      await context.step('book a hotel', () => book('hotel', to))
      return 'booked'
    } catch (error) {
      await context.shield(async () => {
        for (const compensate of undo.reverse()) await compensate()
      })
      throw error
    }
  },
})
// #endregion

const rented = new Set<string>()
function rent(scene: string): string {
  rented.add(scene)
  return scene
}
function giveBack(machine: string): void {
  rented.delete(machine)
}

const booked = new Set<string>()
function book(what: string, to: string): void {
  if (to === 'nowhere') throw new Error(`there is no ${what} in ${to}`)
  booked.add(what)
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [render, trip] })
  await kit.start(render, { scene: 'forest' }, { id: 'r-1' })
  assert.deepEqual([...rented], ['forest'])
  await kit.skip({ hours: 1 })
  await stopRendering(kit.client, 'r-1', 'ann')
  assert.deepEqual(await kit.result('r-1'), { outcome: 'cancelled', reason: 'the scene was changed' })
  assert.equal(rented.size, 0)
  const reason = (await kit.log('r-1')).find(({ type }) => type === 'cancel')
  assert.equal(reason?.type === 'cancel' && reason.by, 'ann')

  await kit.start(trip, { to: 'nowhere' }, { id: 't-1' })
  const output = await kit.result('t-1')
  assert.equal(output.outcome === 'failure' && output.error.message, 'there is no hotel in nowhere')
  assert.equal(booked.size, 0)
}
