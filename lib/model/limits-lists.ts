// The numbers of lists over many processes.

/**
 * Shards of the attention index: a page of it is four queries, and 4,000 processes may fail in a second before that index slows
 * down the table. Part of the stored keys, so a change needs a migration.
 */
export const ATTENTION_SHARDS = 4
/** Longest name of what a process waits for in an entry of a list, in bytes: an entry stays within one write unit. */
export const LISTED_NAME_MAX_BYTES = 100
/** The same for a code of an error. */
export const LISTED_CODE_MAX_BYTES = 60
/** Rows that one query of a list over all kinds reads at least: about as many as half a read unit brings. */
export const MERGED_ROWS_MIN = 25
/** Kinds that one list is merged from at most: each is a query. */
export const MERGED_KINDS_MAX = 100
/** Queries that one answer of counts may send, unless there are more kinds. */
export const COUNT_READS_MAX = 10
/** Rows that one query of a count reads: about 20 read units. */
export const COUNT_ROWS = 1_000

/** Rows of a shard that a look at the health of a system reads: at their largest they fill half a read unit. */
export const HEALTH_DUE_ROWS = 7
/** A process that is due for longer than this has no worker to claim it: the limit of the alarm `OldestDue`. */
export const HEALTH_OVERDUE_MS = 300_000
/** A pass may be late by one; after three a schedule or a function is at fault. */
export const HEALTH_PASSES_MISSED = 3
