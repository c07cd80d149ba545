import type { ProcessView } from '../../client/processes.ts'
import type { WaitsView } from '../../client/waits.ts'
import { parseProcessId } from '../../model/ids.ts'
import { isEnded } from '../ended.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import { reportOf } from '../report.ts'
import type { SHOW } from '../specs/looking.ts'

/** Statuses in which a process waits. */
const WAITS: readonly string[] = ['pending', 'waiting', 'stuck']

export const show: CommandRun<typeof SHOW> = async ({ args, common }, { terminal, open }) => {
  const id = parseProcessId(args.id)
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: `/v1/processes/${id}`, query: { include: 'lease' } })
  if (common.json === true) {
    await terminal.line(JSON.stringify(body, null, 2))
    return EXIT.ok
  }
  const view = body as ProcessView
  const waits = WAITS.includes(view.status)
    ? ((await call({ method: 'GET', path: `/v1/processes/${id}/waits` })).body as WaitsView)
    : undefined
  for (const line of reportOf(view, waits, terminal)) await terminal.line(line)
  if (isEnded(view.status) && view.retriedBy !== undefined) terminal.note(`retried by ${view.retriedBy}`)
  return EXIT.ok
}
