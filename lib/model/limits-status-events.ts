// The numbers of the status-event function and of the bus that it tells.

/** PutEvents takes no more entries. */
export const BUS_ENTRIES_MAX = 10
/**
 * PutEvents took no larger request than this for years; newer Regions take more. Ten events stay below it, since values
 * are in them up to the inline limit only, unless their starts said much of where they come from.
 */
export const BUS_REQUEST_MAX_BYTES = 262_144
/** Sendings in a row that get nothing through before the batch is given back to the stream, which tries it again later. */
export const BUS_TRIES = 5
/** Wait before the second of them; doubles, with full jitter. */
export const BUS_RETRY_BASE_MS = 100
/** Waits between them grow no longer than this: all of them together stay far within an invocation. */
export const BUS_RETRY_MAX_MS = 2_000
/** Records of the stream in one invocation: ten full requests to the bus. */
export const STATUS_EVENTS_BATCH = 100
/** A batch waits this long for company: an event is late by no more, and idle tables invoke less often. */
export const STATUS_EVENTS_WINDOW_MS = 1_000
/** A batch takes well under a second; a process with tens of thousands of items to let go takes longer. */
export const STATUS_EVENTS_TIMEOUT_MS = 60_000
/** With less of the invocation left than this nothing more is sent: what is done so far has to be answered. */
export const STATUS_EVENTS_MARGIN_MS = 5_000
/** It waits for the network nearly all of its time. */
export const STATUS_EVENTS_MEMORY_MB = 512
/** The stream keeps a record for a day. A batch is tried until then: an outage of the bus loses nothing that is shorter. */
export const STATUS_EVENTS_RECORD_AGE_MAX_MS = 24 * 3_600_000

/** The tag of an object whose process is removed, by which a bucket's lifecycle knows it. */
export const EXPIRY_TAG = { key: 'leasehold', value: 'expires' } as const
/**
 * A start puts its large input before its row. So an object younger than this, when a row is removed, may be of the next process
 * of that id. Objects of the removed one are weeks old: a row stays for 15 days after its retention.
 */
export const OBJECT_KEPT_MS = 24 * 3_600_000
