import { invariant } from './invariant.ts'

// The numbers of the API and of its client.

/** The longest body of a request: Lambda takes events of 6 MB, and may hand a body on in base64, a third longer. */
export const API_BODY_MAX_BYTES = 4 * 1_048_576
/** The longest answer, counted as the JSON string that a function hands over: Lambda takes 6 MB with all around it. */
export const API_ANSWER_MAX_BYTES = 6_000_000
/** The longest wait of one request. An HTTP API gives up after 30 s whatever the function says. */
export const API_WAIT_MAX_MS = 20_000
/** Under the 30 s of an HTTP API, so that the function's own answer arrives. */
export const API_TIMEOUT_MS = 29_000
/** A wait ends this much before the invocation does: the last look and the answer have to fit in. */
export const API_WAIT_MARGIN_MS = 3_000
/** A table that answers nothing is given up on after this, in the API and in clients: their callers wait, and may ask again. */
export const API_STORE_PATIENCE_MS = 8_000
/** It waits for the network nearly all of its time; below this a cold start gets too little CPU. */
export const API_MEMORY_MB = 512
/** Starts of one batch: one put each, sixteen at once, take about a second. */
export const API_BATCH_MAX = 100
/** Registrations of one batch on their way at once: a third of the connections that a client opens. */
export const STARTS_AT_ONCE = 16
/** The wait that a throttled caller gets in Retry-After, in seconds. */
export const API_RETRY_AFTER_S = 1

/** Tries of one request to the API, before the error reaches the caller. All of its calls may be repeated. */
export const HTTP_TRIES = 5
/** Wait before the second try; doubles, with full jitter. */
export const HTTP_RETRY_BASE_MS = 100
/** Waits between tries grow no longer than this, and no Retry-After is believed beyond it. */
export const HTTP_RETRY_MAX_MS = 10_000
/** An answer that takes longer, apart from the wait that was asked for, does not come. As long as a cold start may take. */
export const HTTP_TIMEOUT_MS = 15_000

invariant(API_STORE_PATIENCE_MS < HTTP_TIMEOUT_MS, 'a caller hears that the table is away')
invariant(
  API_WAIT_MAX_MS + API_WAIT_MARGIN_MS < API_TIMEOUT_MS,
  'a long poll answers before its invocation is killed',
)
