import { countText } from '../count-text.ts'
import { LeaseholdError } from './base.ts'

// Errors of the way to the API: what its routes refuse before anything is asked of a process, and what a client meets
// that gets no answer it can use.

/** The platform has not said who asks. */
export class Unauthenticated extends LeaseholdError {
  readonly code = 'unauthenticated'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor() {
    super('the request is not authenticated: sign it with SigV4, or send a bearer token that the API trusts')
  }
}

/** Known who asks, and they may not. */
export class Forbidden extends LeaseholdError {
  readonly code = 'forbidden'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { needs: string }) {
    super(`not allowed: it needs ${facts.needs}`, facts)
  }
}

/** No route of the API has this path. */
export class UnknownRoute extends LeaseholdError {
  readonly code = 'unknown_route'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor() {
    super('the API has no such path; GET /openapi.json lists those it has')
  }
}

/** The path is there, for other methods. */
export class MethodNotAllowed extends LeaseholdError {
  readonly code = 'method_not_allowed'
  readonly blame = 'caller'
  readonly next = 'end'
  readonly allow: string
  constructor(facts: { allow: string }) {
    super(`this path takes ${facts.allow}`, facts)
    this.allow = facts.allow
  }
}

/** A body that is not declared as JSON, or is encoded. */
export class UnsupportedContent extends LeaseholdError {
  readonly code = 'unsupported_content'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { reason: string }) {
    super(`the body cannot be taken: ${facts.reason}; send application/json, not compressed`, facts)
  }
}

/** More was asked than the platform or the table takes at the moment. Nothing is lost by asking again. */
export class Throttled extends LeaseholdError {
  readonly code = 'throttled'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { reason: string }, cause?: unknown) {
    super(`too much at once: ${facts.reason}; try again a little later`, facts, cause)
  }
}

/** The API gave no answer, or none that this client knows. Every call may be repeated. */
export class RequestFailed extends LeaseholdError {
  readonly code = 'request_failed'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(
    facts: { method: string; path: string; tries: number; reason: string; status?: number },
    cause?: unknown,
  ) {
    super(
      `${facts.method} ${facts.path} failed after ${countText(facts.tries, 'try', 'tries')}: ${facts.reason}`,
      facts,
      cause,
    )
  }
}
