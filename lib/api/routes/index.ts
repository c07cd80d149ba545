import type { Route } from '../route.ts'
import { completeCallback, completeExternal, failCallback, heartbeat } from './answering.ts'
import { abandon, cancel, resume, retry, signal } from './asking.ts'
import { health } from './health.ts'
import { children, payload, waits } from './log.ts'
import { attention, counts, kinds } from './overview.ts'
import { events, get, list, result } from './reading.ts'
import { release, slots } from './slots.ts'
import { start, startMany } from './starting.ts'

/** Every route, in the order of the document. */
export const ROUTES: readonly Route[] = [
  start,
  startMany,
  list,
  get,
  events,
  result,
  cancel,
  abandon,
  resume,
  retry,
  signal,
  completeExternal,
  completeCallback,
  failCallback,
  heartbeat,
  kinds,
  attention,
  counts,
  children,
  payload,
  waits,
  slots,
  release,
  health,
]
