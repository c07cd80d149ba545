import { expect, test } from 'vitest'
import { entryLine, payloadPreview } from '../../../../lib/console/app/model/entry-text.ts'
import { KINDS, lived, newKit, TAKEN_OVER_AFTER_WRITE } from './histories.ts'

test('each entry of a history is a line that a person can read', async () => {
  const kit = newKit()
  kit.crashAtWrite(TAKEN_OVER_AFTER_WRITE)
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  await kit.signal('order-1', 'approve', 'no', 'k')
  const { entries } = await lived(kit, 'order-1')
  const lines = entries.map((entry) => {
    const { what, name, text, tone } = entryLine(entry)
    return `${tone}: ${[what, name, text].filter((each) => each !== '').join(' ')}`
  })

  expect(lines).toContain('warn: take-over from test-worker-1 by test-worker-2')
  expect(lines).toContain('plain: signal arrived approve key k')
  expect(lines).toContain('good: signal approve taken')
  expect(lines).toContain('plain: signal approve begins, ends by itself after 1 d 6 h')
  expect(lines).toContain('good: start shipment started')
  expect(lines.at(-1)).toBe('bad: end failed')
  expect(lines.filter((line) => line.includes('attempt failed: Error: the bank is busy'))).toHaveLength(2)
})

test('payloadPreview() cuts a long value between characters, and says the size of a large one', () => {
  expect(payloadPreview({ value: '😀'.repeat(100) }, 10)).toBe('"😀😀😀😀�…')
  expect(payloadPreview({ ref: 'r', bytes: 350_000 })).toBe('350.0 kB, kept apart')
})
