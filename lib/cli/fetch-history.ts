import type { ProcessView } from '../client/processes.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { LogEntry, Payload } from '../model/log.ts'
import { historyOf, type History } from '../testing/history.ts'
import { entriesOf } from './entries.ts'
import type { Session } from './session.ts'

/** The history of a process, over the API. `missing`: values that are too large for the log, which the API does not give. */
export async function fetchHistory(
  call: Session['call'],
  id: ProcessId,
): Promise<{ readonly history: History; readonly missing: number }> {
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
  return { history: await historyOf({ process: view, entries, load }), missing }
}

function sameRef(a: Payload, b: Payload): boolean {
  return 'ref' in a && 'ref' in b && a.ref === b.ref
}
