import { expect, test } from 'vitest'
import { attentionGroups } from '../../../../lib/console/app/model/groups.ts'
import { parseProcessId } from '../../../../lib/model/ids.ts'

test('attentionGroups() shows 500 failures of one cause as one, and leaves out retried ones', () => {
  const row = (index: number) => ({
    id: parseProcessId(`import-${index}`),
    kind: 'import',
    status: 'failed' as const,
    code: 'bad_file',
    createdAt: index,
    at: index,
  })
  const rows = Array.from({ length: 500 }, (_, index) => row(index))
  const stuck = { ...row(1), id: parseProcessId('invoice-1'), kind: 'invoice', status: 'stuck' as const }
  const retried = { ...row(1), code: 'other', retriedBy: parseProcessId('import-1.retry') }
  const groups = attentionGroups([...rows, stuck, retried])
  expect(groups.map(({ kind, status, rows: of }) => [kind, status, of.length])).toEqual([
    ['invoice', 'stuck', 1],
    ['import', 'failed', 500],
  ])
  expect(groups[1]).toMatchObject({ oldestAt: 0, newestAt: 499 })
})
