import { writeFileSync } from 'node:fs'
import type { ProcessView } from '../../client/processes.ts'
import { parseProcessId } from '../../model/ids.ts'
import type { Json } from '../../model/json.ts'
import type { LogEntry, Payload } from '../../model/log.ts'
import { historyOf, writeHistory } from '../../testing/history.ts'
import type { Run } from '../command.ts'
import { entriesOf } from '../entries.ts'
import { CommandFailed } from '../errors.ts'
import { EXIT } from '../exit.ts'
import type { HISTORY } from '../specs/looking.ts'

export const history: Run<typeof HISTORY> = async ({ args, values }, { terminal, open }) => {
  const id = parseProcessId(args.id)
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: `/v1/processes/${id}` })
  const view = body as ProcessView
  const entries: LogEntry[] = []
  for await (const entry of entriesOf(call, id)) entries.push(entry)
  let missing = 0
  const load = async (payload: Payload): Promise<Json | undefined> => {
    const isOutput = view.output?.outcome === 'success' && sameRef(view.output.value, payload)
    if (!isOutput) {
      missing += 1
      return undefined
    }
    const reply = await call({ method: 'GET', path: `/v1/processes/${id}/result` })
    return (reply.body as { output: { value: Json } }).output.value
  }
  const text = writeHistory(await historyOf({ process: view, entries, load }))
  if (missing > 0) terminal.note(`${missing} values are too large for the log, and are not in the history`)
  if (values.output === undefined) await terminal.line(text.trimEnd())
  else {
    write(values.output, text)
    terminal.note(`${values.output}: ${entries.length} entries of ${id}, ${view.status}`)
  }
  return EXIT.ok
}

function sameRef(a: Payload, b: Payload): boolean {
  return 'ref' in a && 'ref' in b && a.ref === b.ref
}

/** For its owner alone: it holds what the process holds. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailed(`${path} cannot be written (${String(code)})`, EXIT.failed, error)
  }
}
