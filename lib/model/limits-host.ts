// The numbers of a host that looks for work by itself. Those of a run are in limits.ts.

/** How often a pass that waits for what comes due looks whether something has come due since, which nothing tells it. */
export const IDLE_LOOK_EVERY_MS = 5_000
/** Lines of a pass's report. A pass over more processes says how many there were, and names the first ones. */
export const DRIVE_RESULTS_MAX = 10_000
/** Rows that are read of a shard to find when the soonest one is due: most shards begin with one that counts. */
export const SOONEST_ROWS = 10
