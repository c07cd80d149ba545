// Limits of what is recorded of an error, beside those of its own class, code and message.

/** The message of an error that is recorded within another is cut to this. */
export const INNER_MESSAGE_MAX_BYTES = 250
/** And its name and code. */
export const INNER_NAME_MAX_BYTES = 100
/** Errors recorded within one, causes and gathered ones together: with these bounds an entry stays under 8 KB. */
export const INNER_ERRORS_MAX = 8
/** Errors recorded within each other, below the first. Also ends a chain that bites its tail. */
export const INNER_DEPTH_MAX = 4
/** Errors within one that are looked at for the reason of an abort: each of 5,000 branches may bring its own. */
export const ERRORS_SEARCHED_MAX = 10_000
/** Errors within each other that are looked at for it: deeper ones would only fill the stack. */
export const DEPTH_SEARCHED_MAX = 256
/** Rejections that one run left unhandled, each with a line of its own. All of them are counted. */
export const STRAYS_REPORTED_MAX = 10
/** Errors of a chain of causes that one log line shows; also ends a chain that bites its tail. */
export const CAUSES_LOGGED_MAX = 5
