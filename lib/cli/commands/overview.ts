import type { KindView } from '../../client/kinds.ts'
import type { AttentionRow, KindCounts, Page } from '../../registry/port-lists.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import { countsRow, printPages } from '../rows.ts'
import type { ATTENTION, COUNT, KINDS } from '../specs/overview.ts'

const DEFAULT_LIMIT = 25

export const attention: CommandRun<typeof ATTENTION> = async ({ values, common }, { terminal, open }) => {
  const { status, limit = DEFAULT_LIMIT, cursor, all } = values
  const { call } = await open()
  let found = 0
  const pageAt = async (cursor: string | undefined): Promise<Page<AttentionRow>> => {
    const query = { status, limit, cursor }
    const { body } = await call({ method: 'GET', path: '/v1/attention', query })
    const page = body as Page<AttentionRow>
    found += page.items.length
    return page
  }
  await printPages(terminal, { json: common.json === true, all: all === true, cursor }, pageAt)
  if (found === 0) terminal.note('no process needs attention')
  return found === 0 ? EXIT.ok : EXIT.problems
}

export const count: CommandRun<typeof COUNT> = async ({ values, common }, { terminal, open }) => {
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: '/v1/counts', query: { kind: values.kind } })
  if (common.json === true) await terminal.line(JSON.stringify(body, null, 2))
  else
    for (const each of (body as { kinds: readonly KindCounts[] }).kinds) await terminal.line(countsRow(each))
  return EXIT.ok
}

export const kinds: CommandRun<typeof KINDS> = async ({ common }, { terminal, open }) => {
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: '/v1/kinds' })
  if (common.json === true) await terminal.line(JSON.stringify(body, null, 2))
  else
    for (const { kind, version, recovery } of (body as { kinds: readonly KindView[] }).kinds)
      await terminal.line(
        [kind, recovery, ...(version === undefined ? [] : [`version ${version}`])].join('  '),
      )
  return EXIT.ok
}
