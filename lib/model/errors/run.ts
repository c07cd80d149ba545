import type { ErrorFacts } from '../recorded-error.ts'
import { loggableFacts, RecordedError } from '../recorded-error.ts'
import { cutPath, LeaseholdError } from './base.ts'

// Errors of a run: what an author's code meets, and what becomes of it.

/** Replayed code asked for another effect than its journal holds. Deploy code that matches, then resume. */
export class NonDeterminism extends LeaseholdError {
  readonly code = 'non_determinism'
  readonly blame = 'author'
  readonly next = 'park-stuck'
  constructor(facts: { position: number; expected: string; found: string }) {
    super(
      `at effect ${facts.position} the journal holds ${facts.expected}, the code asked for ${facts.found}; deploy code that replays the journal, then resume`,
      facts,
    )
  }
}

/** A wait that came to its time before what it waited for. */
export class WaitTimedOut extends LeaseholdError {
  readonly code = 'wait_timed_out'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor({ name, says }: { name: string; says?: string }) {
    super(says ?? `nothing came for ${name} in time`, { name })
  }
}

/** A step's body took longer than its timeout. */
export class StepTimedOut extends LeaseholdError {
  readonly code = 'step_timed_out'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { name: string; timeoutMs: number }) {
    super(`step ${facts.name} took longer than ${facts.timeoutMs} ms`, facts)
  }
}

/** An at-most-once step was running when its worker died: whether it did its work is not known. */
export class StepInterrupted extends LeaseholdError {
  readonly code = 'step_interrupted'
  readonly blame = 'platform'
  readonly next = 'end'
  constructor(facts: { name: string; idempotencyKey: string }) {
    super(
      `step ${facts.name} was interrupted and does not run again; ask the system that it called whether ${facts.idempotencyKey} was carried out`,
      facts,
    )
  }
}

/** Thrown by a step's body to say that trying again is of no use. */
export class NonRetryable extends LeaseholdError {
  readonly code = 'non_retryable'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(message: string, cause?: unknown) {
    super(message, {}, cause)
  }
}

/** The reason of a run's abort signal once the process has used up its time. */
export class ProcessTimedOut extends LeaseholdError {
  readonly code = 'timed_out'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; timeoutMs: number }) {
    super(`${facts.id} exceeded its timeout of ${facts.timeoutMs} ms`, facts)
  }
}

/** A child that did not complete, as its parent sees it. */
export class ChildFailed extends LeaseholdError {
  readonly code = 'child_failed'
  readonly blame = 'author'
  readonly next = 'end'
  /** How the child ended, as recorded. `cause` is made from it. */
  readonly error: ErrorFacts
  readonly #loggable: string
  constructor({ id, error }: { id: string; error: ErrorFacts }) {
    const says = `child ${id} did not complete`
    super(`${says}: ${error.message}`, { id, class: error.class, code: error.code }, new RecordedError(error))
    this.error = error
    this.#loggable = `${says}: ${loggableFacts(error)}`
  }

  override get loggable(): string {
    return this.#loggable
  }
}

/** A step that failed, as its caller sees it: the same on the first run and on every replay. */
export class StepFailed extends LeaseholdError {
  readonly code = 'step_failed'
  readonly blame = 'author'
  readonly next = 'end'
  /** The error that the step's body threw, as recorded. `cause` is made from it. */
  readonly error: ErrorFacts
  readonly #loggable: string
  constructor({ name, error }: { name: string; error: ErrorFacts }) {
    const says = `step ${name} failed`
    super(
      `${says}: ${error.message}`,
      { name, class: error.class, code: error.code },
      new RecordedError(error),
    )
    this.error = error
    this.#loggable = `${says}: ${loggableFacts(error)}`
  }

  override get loggable(): string {
    return this.#loggable
  }
}

/** A value that JSON cannot keep faithfully, so a replay would see another one. Named by its path. */
export class NotSerialisable extends LeaseholdError {
  readonly code = 'not_serialisable'
  readonly blame = 'author'
  readonly next = 'end'
  constructor({ what, path, found }: { what: string; path: string; found: string }) {
    const facts = { what, path: cutPath(path), found }
    super(
      `${what} cannot be recorded: ${facts.path} is ${found}; return plain JSON (null, booleans, finite numbers, strings, arrays, plain objects)`,
      facts,
    )
  }
}

/** An effect asked for where there can be none: after the run ended, or inside a step's body. */
export class EffectRefused extends LeaseholdError {
  readonly code = 'effect_refused'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { effect: string; because: string }) {
    super(`${facts.effect} refused: ${facts.because}`, facts)
  }
}

/** The code has asked for more effects than one journal may hold, which a loop without end does sooner or later. */
export class JournalFull extends LeaseholdError {
  readonly code = 'journal_full'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; entries: number }) {
    super(
      `${facts.id} has ${facts.entries} entries in its journal, the most that a process may have; end its loop, or give parts of the work to children`,
      facts,
    )
  }
}
