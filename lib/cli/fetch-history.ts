import type { PayloadView } from '../client/log-views.ts'
import type { ProcessView } from '../client/processes.ts'
import { PayloadTooLarge } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { LogEntry, Payload } from '../model/log.ts'
import { historyOf, payloadsIn, type History } from '../testing/history.ts'
import { entriesOf } from './entries.ts'
import type { Session } from './session.ts'

/** The history of a process with its values, over the API. `missing`: values that are larger than an answer of the API may be. */
export async function fetchHistory(
  call: Session['call'],
  id: ProcessId,
): Promise<{ readonly history: History; readonly missing: number }> {
  const read = async (rest = ''): Promise<unknown> =>
    (await call({ method: 'GET', path: `/v1/processes/${id}${rest}` })).body
  const view = (await read()) as ProcessView
  const entries: LogEntry[] = []
  for await (const entry of entriesOf(call, id)) entries.push(entry)
  const numbers = numbersOf(view.input, entries)
  let missing = 0
  const load = async (payload: Payload): Promise<Json | undefined> => {
    const seq = 'ref' in payload ? numbers.get(payload.ref) : undefined
    try {
      // The output alone is a value of no entry.
      if (seq === undefined) return ((await read('/result')) as { output: { value: Json } }).output.value
      return ((await read(`/payloads/${seq}`)) as PayloadView).value
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error
      missing += 1
      return undefined
    }
  }
  return { history: await historyOf({ process: view, entries, load }), missing }
}

/** The number under which the API gives each value that is too large for the log, by its reference. */
function numbersOf(input: Payload, entries: readonly LogEntry[]): ReadonlyMap<string, number> {
  const numbered = entries.flatMap((entry) =>
    payloadsIn(entry).map((payload) => [payload, entry.seq] as const),
  )
  const all = [[input, 0] as const, ...numbered]
  return new Map(all.flatMap(([payload, seq]) => ('ref' in payload ? [[payload.ref, seq] as const] : [])))
}
