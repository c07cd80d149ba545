import { cutWords, LeaseholdError, listed, told, type Issue } from './base.ts'

// Errors of what a caller asked for.

/** An id, kind or scope that does not fit its alphabet. Nothing was written. */
export class InvalidId extends LeaseholdError {
  readonly code = 'invalid_id'
  readonly blame = 'caller'
  readonly next = 'end'
  /** What is wrong with it, in words: a pattern is for programs. */
  readonly issue: string
  constructor(facts: { field: string; got: unknown; pattern: string; lettersMax?: number }) {
    const { field, pattern } = facts
    const issue = idIssue(facts)
    super(`${field}: ${issue}`, { field, pattern, got: shown(facts.got) })
    this.issue = issue
  }
}

function idIssue({ got, lettersMax = 256 }: { got: unknown; lettersMax?: number }): string {
  if (typeof got !== 'string' || got === '')
    return `expected a text of 1 to ${lettersMax} characters, got ${shown(got)}`
  if (got.length > lettersMax) return `expected at most ${lettersMax} characters, got ${shown(got)}`
  const [odd] = /[^A-Za-z0-9._:-]/u.exec(got) ?? []
  if (odd === undefined) return `${shown(got)} is no name: in a path it means another folder`
  const name = odd === ' ' ? 'a space' : shown(odd)
  return `expected letters, digits and . _ : - only; ${shown(got)} has ${name}`
}

/** An input, message, request or value that its schema refuses. Nothing was written. */
export class InvalidInput extends LeaseholdError {
  readonly code = 'invalid_input'
  readonly blame = 'caller'
  readonly next = 'end'
  readonly issues: readonly Issue[]
  readonly #loggable: string
  readonly #bySchema: boolean
  /**
   * `bySchema`: an author's schema worded the issues, so a log gets their paths only. `recorded`: the words come
   * from a record, which has the paths among them.
   */
  constructor(
    facts: { what: string; issues: readonly Issue[]; bySchema?: true; recorded?: true },
    cause?: unknown,
  ) {
    const { what, bySchema, recorded } = facts
    const issues = told(facts.issues)
    const paths = issues.map(({ path }) => (path === '' ? 'the top' : path))
    const places = recorded === true ? '' : `, at ${paths.join(', ')}`
    super(
      `${what} is not valid: ${listed(issues)}`,
      bySchema === true ? { what, paths } : { what, issues },
      cause,
    )
    this.issues = issues
    this.#bySchema = bySchema === true
    this.#loggable = bySchema === true ? `${what} is refused by its schema${places}` : this.message
  }

  override get loggable(): string {
    return this.#loggable
  }

  /** True if a schema refused the value, and false if the schema itself cannot be used. */
  get refusedBySchema(): boolean {
    return this.#bySchema
  }
}

/** A message whose JSON or shape cannot be read at all: it goes to the dead-letter queue with the reason. */
export class InvalidMessage extends LeaseholdError {
  readonly code = 'invalid_message'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { reason: string }, cause?: unknown) {
    const reason = cutWords(facts.reason)
    super(`not a Leasehold message: ${reason}`, { reason }, cause)
  }
}

/** A payload over the configured maximum. Nothing was written. */
export class PayloadTooLarge extends LeaseholdError {
  readonly code = 'payload_too_large'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { what: string; bytes: number; maxBytes: number }) {
    super(
      `${facts.what} is ${facts.bytes} bytes, over the limit of ${facts.maxBytes}; store it elsewhere and pass a reference`,
      facts,
    )
  }
}

/** The id is in use by a registration with another hash. Use a new id, or ask for the same thing. */
export class RegistrationConflict extends LeaseholdError {
  readonly code = 'registration_conflict'
  readonly blame = 'caller'
  readonly next = 'end'
  /** `differ`: the fields, by their paths, as far as both are at hand. `startedBy`: the process that started the stored one, where a parent asks for a child. */
  constructor(facts: { id: string; stored: string; asked: string; differ?: string; startedBy?: string }) {
    const { id, stored, asked, differ = '', startedBy } = facts
    const by = startedBy === undefined ? '' : `, started by ${startedBy}`
    const where = differ === '' ? '' : `they differ in ${differ}; `
    super(
      `${id} is registered with another content (${where}stored ${stored}, asked ${asked})${by}; use a new id or the same registration`,
      facts,
    )
  }
}

/** No process has this id. */
export class UnknownProcess extends LeaseholdError {
  readonly code = 'unknown_process'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string }) {
    super(`no process ${facts.id}; check the id, or start it`, facts)
  }
}

/** The process ended, and its retention has passed. Its id stays used for a while longer. */
export class NoLongerRetained extends LeaseholdError {
  readonly code = 'no_longer_retained'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; keptUntil: number }) {
    super(
      `${facts.id} has ended and was kept until ${new Date(facts.keptUntil).toISOString()}; for a new process use a new id`,
      facts,
    )
  }
}

/** The process has ended, so what was asked can no longer be done. A retry is a new process. */
export class ProcessEnded extends LeaseholdError {
  readonly code = 'process_ended'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; status: string; asked: string }) {
    super(`${facts.id} is ${facts.status}, so ${facts.asked} is refused; start a new process instead`, facts)
  }
}

/** The process has not ended, and what was asked is for those that have. */
export class ProcessOpen extends LeaseholdError {
  readonly code = 'process_open'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; status: string; asked: string }) {
    super(
      `${facts.id} is ${facts.status}, so ${facts.asked} is refused; cancel it, or wait for its end`,
      facts,
    )
  }
}

/** Another end of the process, or another output, is already recorded. */
export class CompletionConflict extends LeaseholdError {
  readonly code = 'completion_conflict'
  readonly blame = 'caller'
  readonly next = 'discard'
  constructor(facts: { id: string; recorded: string; asked: string }) {
    super(`${facts.id} has already ended as ${facts.recorded}; ${facts.asked} was not written`, facts)
  }
}

/** A completion from outside that may not be made: not an external process, or not its token. */
export class CompletionRefused extends LeaseholdError {
  readonly code = 'completion_refused'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; because: 'disposition' | 'token' }) {
    super(
      facts.because === 'token'
        ? `the completion token is not that of ${facts.id}`
        : `${facts.id} is run by workers; only a process with recovery external is completed from outside`,
      facts,
    )
  }
}

/** A signal, reply or heartbeat that the process cannot accept: no wait for it, another token, or a bad form. */
export class SignalRefused extends LeaseholdError {
  readonly code = 'signal_refused'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; asked: string; because: string }) {
    super(`${facts.asked} of ${facts.id} refused: ${facts.because}`, facts)
  }
}

/** An append whose key was used before, with another content. */
export class KeyConflict extends LeaseholdError {
  readonly code = 'key_conflict'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; key: string }) {
    super(
      `${facts.id} has recorded other content under "${facts.key}", and the first one counts; repeat that, or use a new key`,
      facts,
    )
  }
}

/** The process waits for an operator to deploy code that can continue it, and to resume it. */
export class ProcessStuck extends LeaseholdError {
  readonly code = 'process_stuck'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; because?: string }) {
    const why = facts.because === undefined ? '' : ` (${facts.because})`
    super(
      `${facts.id} is stuck${why}; deploy code that can continue it, then resume it; a cancel ends it without running its code, so nothing is compensated`,
      facts,
    )
  }
}

/** The reason of a run's abort signal when a caller asked to cancel the process. */
export class ProcessCancelled extends LeaseholdError {
  readonly code = 'process_cancelled'
  readonly blame = 'caller'
  readonly next = 'end'
  /** As the caller gave it, if any. */
  readonly reason: string | undefined
  constructor(facts: { id: string; reason?: string }) {
    const why = facts.reason === undefined ? '' : `: ${facts.reason}`
    super(`${facts.id} was asked to cancel${why}`, facts)
    this.reason = facts.reason
  }
}

/** The queue of a concurrency key is as long as it may get. The process waits, and asks again by itself. */
export class ConcurrencyQueueFull extends LeaseholdError {
  readonly code = 'concurrency_queue_full'
  readonly blame = 'caller'
  readonly next = 'retry'
  constructor(facts: { id: string; key: string }) {
    super(`${facts.id} finds the queue of concurrency key ${facts.key} full; it asks again later`, facts)
  }
}

/** A value as an error may show it: short, and never an object's whole content. */
function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 80
      ? JSON.stringify(value)
      : `${JSON.stringify(value.slice(0, 77))}… (${value.length} characters)`
  return value === null ? 'null' : typeof value
}
