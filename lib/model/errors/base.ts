import { deepStack } from '../site.ts'

/** Who has to do something about it. */
export type Blame = 'author' | 'caller' | 'platform' | 'us'

/**
 * The next action of the code that catches it: `retry` the same call, `end` the process as failed,
 * `park-stuck` until an operator resumes it, or `discard`: stop at once and write nothing.
 */
export type Next = 'retry' | 'end' | 'park-stuck' | 'discard'

type ErrorContext = Record<string, unknown>

/** The root of every error that Leasehold throws. `code` is stable; docs/errors.md has a heading for each. */
export abstract class LeaseholdError extends Error {
  abstract readonly code: string
  abstract readonly blame: Blame
  abstract readonly next: Next
  readonly facts: Readonly<ErrorContext>

  constructor(message: string, facts: ErrorContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.facts = facts
    deepStack(this)
  }

  /** The message as a log may show it: without what a schema says of a value, which quotes it as often as not. */
  get loggable(): string {
    return this.message
  }
}

/** One thing wrong with what a caller sent: where, and what was expected there. */
export type Issue = { path: string; message: string }

/** At most so many issues of one value are reported: a list of a million wrong numbers gets a short reply. */
const FLAWS_TOLD = 100
/** A path has the sender's own keys in it, of any length. */
const PATH_MAX = 250
const WORDS_MAX = 2_000

/** The issues as they are told, each of them short, with a last one for those that are not. */
export function told(issues: readonly Issue[]): readonly Issue[] {
  // One more is that last one, where an error is made of another's issues.
  const most = issues.length <= FLAWS_TOLD + 1 ? issues.length : FLAWS_TOLD
  const some = issues.slice(0, most).map(({ path, message }) => ({
    path: cutPath(path),
    message: cut(message, WORDS_MAX),
  }))
  const left = issues.length - some.length
  return left === 0 ? some : [...some, { path: '', message: `and ${left} more issues` }]
}

/** A place in a value, as an error names it. */
export function cutPath(path: string): string {
  return cut(path, PATH_MAX)
}

/** Words that a sender had a part in, as long as an error may be. */
export function cutWords(words: string): string {
  return cut(words, WORDS_MAX)
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}

/** Flaws as one line of a message. */
export function listed(issues: readonly Issue[]): string {
  return issues
    .map((issue) => (issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`))
    .join('; ')
}

/** What was given instead, in the words of an issue. Anything may have been given: an object is not opened, nor called. */
export function given(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
