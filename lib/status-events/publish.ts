import type { Chance, Clock } from '../model/clock.ts'
import { utf8Bytes } from '../model/json.ts'
import {
  BUS_ENTRIES_MAX,
  BUS_REQUEST_MAX_BYTES,
  BUS_RETRY_BASE_MS,
  BUS_RETRY_MAX_MS,
  BUS_TRIES,
} from '../model/limits-status-events.ts'
import type { Bus, BusEvent, PutResult } from './bus.ts'
import { STATUS_EVENT_SOURCE } from './event.ts'
import { isError } from '../model/realm.ts'

export type PublishParts = {
  readonly bus: Bus
  readonly clock: Clock
  readonly chance: Chance
  /** False once too little time is left to send and to answer. */
  readonly mayGoOn: () => boolean
}

export type PublishResult<E extends BusEvent> = {
  /** In the order in which they were taken. */
  readonly taken: readonly E[]
  /** What the bus will never take, with its reason. */
  readonly refused: readonly { readonly event: E; readonly because: string }[]
  /** What could not be sent now, in order. */
  readonly left: readonly E[]
  /** Why, where anything is left. */
  readonly because?: string
}

/**
 * Sends events so that those of one process are taken in their order. An event of a request may fail while its neighbours
 * succeed. So a request contains at most one event of a process. The next one is sent once the bus has taken that event, or
 * has refused it for good. Events of other processes do not wait.
 */
export async function publishInOrder<E extends BusEvent>(
  parts: PublishParts,
  events: readonly E[],
): Promise<PublishResult<E>> {
  const taken: E[] = []
  const refused: { event: E; because: string }[] = []
  let left = [...events]
  let because = 'no time is left in this invocation'
  for (let failures = 0; left.length > 0 && failures < BUS_TRIES && parts.mayGoOn();) {
    if (failures > 0) await pause(parts, failures)
    const wave = firstOfEach(left)
    const results = await putAll(parts.bus, wave)
    const done = new Set<E>()
    for (const [index, event] of wave.entries()) {
      const result = results[index] ?? NO_ANSWER
      if (result === 'taken') taken.push(event)
      else if (result.failed === 'refused') refused.push({ event, because: result.because })
      else {
        because = result.because
        continue
      }
      done.add(event)
    }
    left = left.filter((event) => !done.has(event))
    failures = done.size > 0 ? (done.size < wave.length ? 1 : 0) : failures + 1
  }
  return { taken, refused, left, ...(left.length === 0 ? {} : { because }) }
}

/**
 * The next event of each process, as many as one request takes. The bus refuses a request that is too large as a whole, and
 * would again: of events that hold much of what a start said of itself, fewer than ten may fit.
 */
function firstOfEach<E extends BusEvent>(events: readonly E[]): readonly E[] {
  const first = new Map<string, E>()
  let bytes = 0
  for (const event of events) {
    if (first.size === BUS_ENTRIES_MAX) break
    if (first.has(event.detail.id)) continue
    bytes += bytesOf(event)
    if (bytes > BUS_REQUEST_MAX_BYTES && first.size > 0) break
    first.set(event.detail.id, event)
  }
  return [...first.values()]
}

/** As PutEvents counts an entry: 14 bytes for its time, and its texts as UTF-8. */
function bytesOf({ type, detail }: BusEvent): number {
  return (
    14 + [STATUS_EVENT_SOURCE, type, JSON.stringify(detail)].reduce((sum, text) => sum + utf8Bytes(text), 0)
  )
}

const NO_ANSWER: PutResult = { failed: 'again', because: 'the bus gave no answer' }

async function putAll(bus: Bus, events: readonly BusEvent[]): Promise<readonly PutResult[]> {
  try {
    return await bus.put(events)
  } catch (error) {
    // A request without an answer may have been carried out: its events are sent again, under the same ids.
    const because = isError(error) ? `${error.name}: ${error.message}` : String(error)
    return events.map(() => ({ failed: 'again', because }))
  }
}

function pause({ clock, chance }: PublishParts, failures: number): Promise<void> {
  const longestMs = Math.min(BUS_RETRY_MAX_MS, BUS_RETRY_BASE_MS * 2 ** (failures - 1))
  return new Promise((resolve) => void clock.after(chance.random() * longestMs, resolve))
}
