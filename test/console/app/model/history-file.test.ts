import { expect, test } from 'vitest'
import { readDropped } from '../../../../lib/console/app/model/history-file.ts'
import { lanesOf } from '../../../../lib/console/app/model/timeline.ts'
import { historyOf, writeHistory } from '../../../../lib/testing/history.ts'
import { KINDS, lived, newKit } from './histories.ts'

async function written(): Promise<string> {
  const kit = newKit()
  await kit.start(KINDS.order, { sku: 'A-1' }, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  await kit.signal('order-1', 'approve', 'yes')
  const { view, entries } = await lived(kit, 'order-1')
  return writeHistory(await historyOf({ process: view, entries, load: () => Promise.resolve(undefined) }))
}

test('a history as the command writes it is read, with its timeline', async () => {
  const read = readDropped(await written())
  expect(read.ok).toBe(true)
  if (!read.ok) return
  expect(read.history.view).toMatchObject({ id: 'order-1', kind: 'order', status: 'completed' })
  expect(lanesOf(read.history.entries).map(({ name }) => name)).toContain('cooling-off')
})

test.each<readonly [string, (history: Record<string, unknown>) => unknown, RegExp]>([
  ['another file', () => ({ name: 'x' }), /not a history/],
  ['another version', (history) => ({ ...history, version: 2 }), /version is 2/],
  [
    'an unknown status',
    (history) => ({ ...history, process: { id: 'a', kind: 'b', status: 'x', input: { value: 1 } } }),
    /known status/,
  ],
  [
    'a status of the prototype',
    (history) => ({ ...history, process: { id: 'a', kind: 'b', status: 'toString', input: { value: 1 } } }),
    /known status/,
  ],
  ['a gap', (history) => ({ ...history, entries: [{ seq: 2, type: 'resume', at: 1 }] }), /entry 1 /],
  [
    'an effect without an outcome',
    (history) => ({
      ...history,
      entries: [{ seq: 1, type: 'effect', at: 1, position: 0, name: 'a', effect: 'step' }],
    }),
    /entry 1 /,
  ],
  [
    'an entry without a time',
    (history) => ({ ...history, entries: [{ seq: 1, type: 'resume' }] }),
    /entry 1 /,
  ],
])('a file with %s is refused with a sentence', async (_, change, why) => {
  const history: Record<string, unknown> = JSON.parse(await written())
  expect(readDropped(JSON.stringify(change(history)))).toMatchObject({
    ok: false,
    why: expect.stringMatching(why),
  })
})

test('a file that is no JSON is refused', () => {
  expect(readDropped('PK')).toEqual({ ok: false, why: 'It is not JSON.' })
})
