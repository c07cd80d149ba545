import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProcessId } from '../../lib/model/ids.ts'
import { DETAIL_TYPES, STATUS_EVENT_SOURCE, statusEventOf } from '../../lib/status-events/event.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/status-events.md'), 'utf8')

test('docs/status-events.md has the detail types of the bus', () => {
  const named = [...page.matchAll(/^\| `(Process \w+)` \|/gmu)].map(([, name]) => name)
  expect(named).toEqual(Object.values(DETAIL_TYPES))
})

test('the event that docs/status-events.md shows is one that the library makes', () => {
  const [, json = ''] = /```json\n([\s\S]*?)```/u.exec(page) ?? []
  const createdAt = 1_764_000_000_000
  const base = {
    id: 'order-7' as ProcessId,
    kind: 'order',
    scope: 'tenant-a',
    fence: 2,
    createdAt,
    startedAt: createdAt + 250,
  }
  const outcome = statusEventOf(
    { ...base, status: 'running', commit: 2, seq: 3 },
    {
      ...base,
      status: 'completed',
      commit: 3,
      seq: 4,
      endedAt: createdAt + 90_000,
      output: { outcome: 'success', value: { value: { parcel: 'parcel-7' } } },
    },
    createdAt + 90_000,
  )
  expect(JSON.parse(json)).toEqual({
    source: STATUS_EVENT_SOURCE,
    'detail-type': outcome?.type,
    detail: outcome?.detail,
  })
})
