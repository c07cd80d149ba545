import { invariant } from './invariant.ts'
import { LEASE_RENEW_EVERY_MS, MAX_RECEIVES } from './limits.ts'

// When a message that a worker received is delivered again.

/** The last deliveries keep to the queue's own time: two waits of 90 minutes, so that an outage of hours makes no dead letters. */
export const DELIVERIES_UNHURRIED = 3
/** What fails in those before comes again after a lease, then each time so many times as long. */
export const REDELIVERY_GROWTH = 4
/** But no later than this: well below the 90 minutes. */
export const REDELIVERY_MAX_MS = 15 * 60_000
/** A batch that is served sooner sends no request to hide its messages: most processes of a few steps end before. */
export const HIDE_AFTER_MS = 250
/** A message stays hidden for a lease and so much longer: redelivered sooner, it would find the lease still live. */
export const HIDE_MARGIN_MS = 1_000
/** Deliveries before the last two may end without a result. The last ones would make a dead letter of a healthy process. */
export const DELIVERIES_IN_RESERVE = 2
/** After so many deliveries a new message replaces one whose worker died: its count begins anew. */
export const DELIVERIES_BY_DEATH = 2

invariant(DELIVERIES_UNHURRIED < MAX_RECEIVES, 'a message that failed comes again soon')
invariant(
  DELIVERIES_BY_DEATH + DELIVERIES_IN_RESERVE < MAX_RECEIVES,
  'deaths and live leases alone make no dead letter',
)
invariant(HIDE_AFTER_MS < LEASE_RENEW_EVERY_MS, 'messages are hidden anew after the renewals of their leases')
