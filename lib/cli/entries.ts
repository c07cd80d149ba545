import type { EventsPage } from '../client/following.ts'
import type { ProcessId, Seq } from '../model/ids.ts'
import type { LogEntry } from '../model/log.ts'
import type { Session } from './session.ts'

/** The log as far as it is now, page by page: a log of any length takes the memory of one page. */
export async function* entriesOf(
  call: Session['call'],
  id: ProcessId,
  after: Seq = 0,
): AsyncGenerator<LogEntry, void, undefined> {
  let seen = after
  for (;;) {
    const { body } = await call({ method: 'GET', path: `/v1/processes/${id}/events`, query: { after: seen } })
    const { events, ended } = body as EventsPage
    yield* events
    const last = events.at(-1)
    if (last === undefined || ended) return
    seen = last.seq
  }
}
