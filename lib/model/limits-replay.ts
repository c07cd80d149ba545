// How long a replay waits for code that has not asked for its next recorded effect.

/** Replayed code that waits this long, without asking for the next recorded effect, is slow: a log line names the effect. */
export const REPLAY_SLOW_MS = 5_000
/**
 * Replayed code that waits this long has changed, and its process is stuck. It is longer than a request of the author's
 * own takes (an HTTP client gives up after 30 s as a rule), since code that is slow must not count as changed.
 */
export const REPLAY_PATIENCE_MS = 60_000
