import type { ListedProcess, ListQuery, Page } from '../../registry/port-lists.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import { momentOf } from '../moment.ts'
import { printPages } from '../rows.ts'
import type { LIST } from '../specs/looking.ts'

const DEFAULT_LIMIT = 25

export const list: CommandRun<typeof LIST> = async ({ values, common }, { terminal, open }) => {
  const { kind, scope, status, limit, cursor, from, to, all } = values
  const query: ListQuery = {
    ...(kind === undefined ? {} : { kind }),
    ...(scope === undefined ? {} : { scope }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { createdFrom: momentOf(from) }),
    ...(to === undefined ? {} : { createdBefore: momentOf(to) }),
    limit: limit ?? DEFAULT_LIMIT,
  }
  const { client } = await open()
  const pageAt = (cursor: string | undefined): Promise<Page<ListedProcess>> =>
    client.list({ ...query, ...(cursor === undefined ? {} : { cursor }) })
  await printPages(terminal, { json: common.json === true, all: all === true, cursor }, pageAt)
  return EXIT.ok
}
