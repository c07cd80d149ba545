import { invariant } from './invariant.ts'
import { CONCURRENCY } from './limits.ts'

// How many requests of a worker are under way at once. A client of AWS has 50 sockets, and queues what is beyond.

const SOCKETS = 50
/** Values of their own items, of one registry: at 5 ms each some 5,000 a second. The others wait in the worker. */
export const VALUES_IN_FLIGHT_MAX = 24
/** Looks at children that have ended and at heartbeats. A process may have thousands of them due at once. */
export const LOOKS_IN_FLIGHT_MAX = 8
/** Bodies of one run that begin in one turn of the event loop. The next ones begin in the next turn. */
export const BODIES_A_TURN = 32
/** A worker reports that its event loop stood still from this on; sooner if leases are renewed more often. */
export const STANDSTILL_MS = 5_000
/** Processes whose newest standstill a worker remembers, for the evidence of their end. */
export const STANDSTILLS_KEPT = 1_000
/** A step that still runs after so much of an invocation may never return. */
export const INVOCATION_LATE_SHARE = 0.8
/** Before the host kills a worker: enough to write a line for each process that it holds. */
export const LAST_WORD_MS = 2_000
/** Code that has not stopped this long after its abort signal ignores it. */
export const HEED_END_MS = 30_000
/** A running invocation writes its metrics this often: alarms look at minutes. */
export const METRICS_HELD_MS = 30_000

invariant(
  VALUES_IN_FLIGHT_MAX + LOOKS_IN_FLIGHT_MAX + CONCURRENCY < SOCKETS,
  'renewals and claims find a free socket beside all values and the commit of each process',
)

/** Processes above one that waits for a place, of which each is read to see whether it holds one. Deeper trees are not seen. */
export const ANCESTORS_READ_MAX = 8
