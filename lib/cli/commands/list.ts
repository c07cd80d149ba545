import type { ListedProcess, ListQuery } from '../../registry/port.ts'
import type { Run } from '../command.ts'
import { Misused } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { momentOf } from '../moment.ts'
import type { LIST } from '../specs/looking.ts'
import type { Terminal } from '../terminal.ts'

const DEFAULT_LIMIT = 25

export const list: Run<typeof LIST> = async ({ values, common }, { terminal, open }) => {
  const { kind, scope, status, limit, cursor, from, to, all } = values
  if (kind === undefined && scope === undefined)
    throw new Misused('name what to list: --kind KIND or --scope SCOPE')
  const query: ListQuery = {
    ...(kind === undefined ? {} : { kind }),
    ...(scope === undefined ? {} : { scope }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { createdFrom: momentOf(from) }),
    ...(to === undefined ? {} : { createdBefore: momentOf(to) }),
    limit: limit ?? DEFAULT_LIMIT,
  }
  const { client } = await open()
  let next = cursor
  for (;;) {
    const page = await client.list({ ...query, ...(next === undefined ? {} : { cursor: next }) })
    if (common.json !== true) for (const each of page.items) await terminal.line(rowOf(each, terminal))
    else if (all === true) for (const each of page.items) await terminal.line(JSON.stringify(each))
    else await terminal.line(JSON.stringify(page, null, 2))
    next = page.cursor
    if (next === undefined) return EXIT.ok
    if (all !== true) {
      if (common.json !== true) terminal.note(`more: add --cursor ${next}, or --all`)
      return EXIT.ok
    }
  }
}

function rowOf({ status, createdAt, kind, id }: ListedProcess, terminal: Terminal): string {
  return [status.padEnd(9), terminal.at(createdAt), kind, id].join('  ')
}
