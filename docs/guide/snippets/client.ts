import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, type Processes } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region definition
export const report = defineProcess({
  kind: 'report',
  input: v.object({ month: v.string() }),
  output: v.object({ pages: v.number() }),
  async run(context, { month }) {
    const pages = await context.step('render', () => month.length)
    await context.emit('rendered', { pages })
    return { pages }
  },
})
// #endregion

// #region start
export async function reportFor(processes: Processes, month: string): Promise<number> {
  const id = `report-${month}`
  // Asked twice, it is one process: the id says so.
  await processes.start(report, { month }, { id })
  const output = await processes.result(report, id, { timeout: { minutes: 10 } })
  if (output.outcome !== 'success') throw new Error(`${id} ended as ${output.outcome}`)
  // Typed by the definition's output schema, which the worker has applied.
  return output.value.pages
}
// #endregion

// #region many
export async function reportsFor(processes: Processes, months: readonly string[]): Promise<string[]> {
  const replies = await processes.startMany(
    report,
    months.map((month) => ({ id: `report-${month}`, input: { month } })),
  )
  return replies.flatMap((reply) => (reply.ok ? [] : [`${reply.id}: ${reply.error.message}`]))
}
// #endregion

// #region follow
export async function follow(
  processes: Processes,
  id: string,
  { after, tell }: { after: number; tell: (event: string) => void },
): Promise<number> {
  let seen = after
  for await (const entry of processes.events(id, { after })) {
    seen = entry.seq
    if (entry.type === 'effect' && entry.effect === 'emit') tell(entry.name)
  }
  return seen
}
// #endregion

// #region list
export async function failedReports(processes: Processes): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await processes.list({ kind: 'report', status: 'failed', ...from })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [report] })
  assert.deepEqual(await reportsFor(kit.client, ['may', 'a b', 'june']), [
    'report-a b: id: expected letters, digits and . _ : - only; "report-a b" has a space',
  ])
  await kit.settle()
  assert.equal(await reportFor(kit.client, 'june'), 4)
  const told: string[] = []
  const tell = (event: string): void => void told.push(event)
  assert.equal(await follow(kit.client, 'report-june', { after: 0, tell }), 3)
  assert.deepEqual(told, ['rendered'])
  assert.deepEqual(await failedReports(kit.client), [])
}
