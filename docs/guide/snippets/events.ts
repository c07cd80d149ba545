import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, type ProcessClient } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region emit
export const backup = defineProcess({
  kind: 'backup',
  input: v.object({ tables: v.array(v.string()) }),
  output: v.void(),
  events: { progress: v.object({ done: v.number(), of: v.number() }) },
  async run(context, { tables }) {
    for (const [index, table] of tables.entries()) {
      await context.step(`copy ${table}`, () => undefined)
      await context.emit('progress', { done: index + 1, of: tables.length })
    }
  },
})
// #endregion

// #region follow
export async function untilHalfDone(client: ProcessClient, id: string): Promise<number> {
  const entry = await client.waitFor(
    id,
    (each) => {
      if (each.type !== 'effect' || each.effect !== 'emit' || !each.outcome.ok) return false
      const { value } = each.outcome
      const progress = value !== undefined && 'value' in value ? value.value : undefined
      const read = v.safeParse(v.object({ done: v.number(), of: v.number() }), progress)
      return read.success && read.output.done * 2 >= read.output.of
    },
    { timeout: { hours: 1 } },
  )
  return entry.seq
}
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [backup] })
  await kit.start(backup, { tables: ['a', 'b', 'c', 'd'] }, { id: 'b-1' })
  assert.equal((await kit.result('b-1')).outcome, 'success')
  assert.equal(await untilHalfDone(kit.client, 'b-1'), 4)
}
