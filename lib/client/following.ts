import type { Clock } from '../model/clock.ts'
import { type Duration, toMs } from '../model/duration.ts'
import { WaitTimedOut } from '../model/errors.ts'
import type { Seq } from '../model/ids.ts'
import type { LogEntry } from '../model/log.ts'
import { OPTIONS_OF } from './options.ts'
import type { FollowOptions } from './processes.ts'

/** Some entries of a log, in order, and whether the process has ended and nothing comes after them. */
export type EventsPage = { readonly events: readonly LogEntry[]; readonly ended: boolean }

/** The entries above `after`, waited for where there are none yet: at most `waitMs`, or as long as its source likes. */
export type EventsSource = (
  after: Seq,
  waitMs: number,
  signal: AbortSignal | undefined,
) => Promise<EventsPage>

/** Page after page as an iteration that ends with the process. Throws `WaitTimedOut` after too long a silence. */
export async function* follow(
  id: string,
  { clock, source }: { readonly clock: Clock; readonly source: EventsSource },
  options: FollowOptions,
): AsyncGenerator<LogEntry, void, undefined> {
  OPTIONS_OF.events(options)
  const { timeout, signal } = options
  const silenceMs = timeout === undefined ? Number.POSITIVE_INFINITY : toMs(timeout, 'timeout')
  let seen = options.after ?? 0
  let heardAt = clock.now()
  for (;;) {
    signal?.throwIfAborted()
    const { events, ended } = await source(seen, Math.max(0, heardAt + silenceMs - clock.now()), signal)
    for (const entry of events) {
      seen = entry.seq
      yield entry
    }
    if (ended) return
    if (events.length > 0) heardAt = clock.now()
    else if (clock.now() >= heardAt + silenceMs) throw new WaitTimedOut({ name: `an event of ${id}` })
  }
}

/** See `Processes.waitFor`. */
export async function firstMatch(
  id: string,
  { clock, source }: { readonly clock: Clock; readonly source: EventsSource },
  matches: (entry: LogEntry) => boolean,
  options: { readonly after?: Seq; readonly timeout?: Duration } = {},
): Promise<LogEntry> {
  OPTIONS_OF.waitFor(options)
  const { timeout } = options
  const endsAt = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + toMs(timeout, 'timeout')
  let seen = options.after ?? 0
  for (;;) {
    const { events, ended } = await source(seen, Math.max(0, endsAt - clock.now()), undefined)
    const found = events.find(matches)
    if (found !== undefined) return found
    seen = events.at(-1)?.seq ?? seen
    // Nothing comes after the end: waiting longer would only be longer.
    if (ended || (events.length === 0 && clock.now() >= endsAt))
      throw new WaitTimedOut({ name: `an event of ${id}` })
  }
}

/** Settles after a time, or as soon as the signal fires. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => {
    cancel()
    signal?.removeEventListener('abort', wake)
    resolve()
  }
  const cancel = clock.after(ms, wake)
  signal?.addEventListener('abort', wake)
  if (signal?.aborted === true) wake()
  return promise
}
