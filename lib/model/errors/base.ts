/** Who has to do something about it. */
export type Blame = 'author' | 'caller' | 'platform' | 'us'

/**
 * What the code that catches it does next: `retry` the same call, `end` the process as failed,
 * `park-stuck` until someone resumes it, or `let-go`: stop at once and write nothing.
 */
export type Next = 'retry' | 'end' | 'park-stuck' | 'let-go'

type Facts = Record<string, unknown>

/** The root of every error that Leasehold throws. `code` is stable; docs/errors.md has a heading for each. */
export abstract class LeaseholdError extends Error {
  abstract readonly code: string
  abstract readonly blame: Blame
  abstract readonly next: Next
  readonly facts: Readonly<Facts>

  constructor(message: string, facts: Facts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.facts = facts
  }

  /** The message as a log may show it: without what a schema says of a value, which quotes it as often as not. */
  get loggable(): string {
    return this.message
  }
}

/** One thing wrong with what a caller sent: where, and what was expected there. */
export type Flaw = { path: string; message: string }

/** Flaws as one line of a message. */
export function listed(flaws: readonly Flaw[]): string {
  return flaws.map((flaw) => (flaw.path === '' ? flaw.message : `${flaw.path}: ${flaw.message}`)).join('; ')
}

/** What was given instead, in the words of a flaw. Anything may have been given: an object is not opened, nor called. */
export function given(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
