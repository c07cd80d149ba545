import type { Json } from './json.ts'

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
}

/** An id, kind or scope that does not fit its alphabet. Nothing was written. */
export class InvalidId extends LeaseholdError {
  readonly code = 'invalid_id'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { field: string; got: unknown; pattern: string }) {
    super(`${facts.field}: expected ${facts.pattern}, got ${shown(facts.got)}`, facts)
  }
}

/** One thing wrong with what a caller sent: where, and what was expected there. */
export type Flaw = { path: string; message: string }

/** An input, message, request or value that its schema refuses. Nothing was written. */
export class InvalidInput extends LeaseholdError {
  readonly code = 'invalid_input'
  readonly blame = 'caller'
  readonly next = 'end'
  readonly flaws: readonly Flaw[]
  constructor(facts: { what: string; flaws: readonly Flaw[] }, cause?: unknown) {
    super(`${facts.what} is not valid: ${listed(facts.flaws)}`, facts, cause)
    this.flaws = facts.flaws
  }
}

/** A message whose JSON or shape cannot be read at all: it goes to the dead-letter queue with the reason. */
export class InvalidMessage extends LeaseholdError {
  readonly code = 'invalid_message'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { reason: string }, cause?: unknown) {
    super(`not a Leasehold message: ${facts.reason}`, facts, cause)
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

/** Configuration that cannot work, found when it is read. */
export class InvalidConfig extends LeaseholdError {
  readonly code = 'invalid_config'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { flaws: readonly Flaw[] }) {
    super(`configuration: ${listed(facts.flaws)}`, facts)
  }
}

/** The id is in use by a registration with another hash. Use a new id, or ask for the same thing. */
export class RegistrationConflict extends LeaseholdError {
  readonly code = 'registration_conflict'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; stored: string; asked: string }) {
    super(
      `${facts.id} is registered with another content (stored ${facts.stored}, asked ${facts.asked}); use a new id or the same registration`,
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

/** No definition of this kind is deployed here. */
export class UnknownKind extends LeaseholdError {
  readonly code = 'unknown_kind'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { kind: string; known: readonly string[] }) {
    super(
      `no definition of kind ${facts.kind} is deployed here (deployed: ${facts.known.join(', ')}); deploy it, or correct the kind`,
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

/** Another end of the process, or another output, is already recorded. */
export class CompletionConflict extends LeaseholdError {
  readonly code = 'completion_conflict'
  readonly blame = 'caller'
  readonly next = 'let-go'
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

/** Another owner holds the process, or the lease ran out: this owner may write nothing more. */
export class LeaseLost extends LeaseholdError {
  readonly code = 'lease_lost'
  readonly blame = 'platform'
  readonly next = 'let-go'
  constructor(facts: { id: string; fence: number; because: string }, cause?: unknown) {
    super(
      `the lease of ${facts.id} under fence ${facts.fence} is lost: ${facts.because}; another owner goes on from the journal`,
      facts,
      cause,
    )
  }
}

/** The reason of a run's abort signal when someone asked to cancel the process. */
export class ProcessCancelled extends LeaseholdError {
  readonly code = 'process_cancelled'
  readonly blame = 'caller'
  readonly next = 'end'
  readonly reason: string
  constructor(facts: { id: string; reason: string }) {
    super(`${facts.id} was asked to cancel: ${facts.reason}`, facts)
    this.reason = facts.reason
  }
}

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

/** A signal, reply or heartbeat that cannot be taken: nobody waits for it, its token is not the one, or it is of bad form. */
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
      `key ${facts.key} of ${facts.id} was used with another content; use a new key for a new signal`,
      facts,
    )
  }
}

/** A wait that came to its time before what it waited for. */
export class WaitTimedOut extends LeaseholdError {
  readonly code = 'wait_timed_out'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { name: string }) {
    super(`nothing came for ${facts.name} in time`, facts)
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
      `step ${facts.name} was interrupted and is not run again; look up what ${facts.idempotencyKey} came to`,
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
    super(`${facts.id} took longer than its ${facts.timeoutMs} ms`, facts)
  }
}

/** A child that did not complete, as its parent sees it. */
export class ChildFailed extends LeaseholdError {
  readonly code = 'child_failed'
  readonly blame = 'author'
  readonly next = 'end'
  readonly error: { readonly class: string; readonly code: string; readonly message: string }
  constructor(facts: { id: string; error: { class: string; code: string; message: string } }) {
    super(`child ${facts.id} did not complete: ${facts.error.message}`, facts)
    this.error = facts.error
  }
}

/** The process waits for someone to deploy code that replays its journal, and to resume it. */
export class ProcessStuck extends LeaseholdError {
  readonly code = 'process_stuck'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; because?: string }) {
    const why = facts.because === undefined ? '' : ` (${facts.because})`
    super(
      `${facts.id} is stuck${why}; deploy code that replays its journal and resume it, or cancel it`,
      facts,
    )
  }
}

/** A durable controller was given a registry that forgets. */
export class DurabilityMismatch extends LeaseholdError {
  readonly code = 'durability_mismatch'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { controller: string; registry: string }) {
    super(
      `${facts.controller} promises durability that ${facts.registry} does not keep; use a durable registry or an inline controller`,
      facts,
    )
  }
}

/** A value that JSON cannot keep faithfully, so a replay would see another one. Named by its path. */
export class NotSerialisable extends LeaseholdError {
  readonly code = 'not_serialisable'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { what: string; path: string; found: string }) {
    super(
      `${facts.what} cannot be recorded: ${facts.path} is ${facts.found}; return plain JSON (null, booleans, finite numbers, strings, arrays, plain objects)`,
      facts,
    )
  }
}

/** A step that failed, as its caller sees it: the same on the first run and on every replay. */
export class StepFailed extends LeaseholdError {
  readonly code = 'step_failed'
  readonly blame = 'author'
  readonly next = 'end'
  /** The error that the step's body threw, as recorded. */
  readonly error: { readonly class: string; readonly code: string; readonly message: string }
  constructor(
    facts: { name: string; error: { class: string; code: string; message: string } },
    cause?: unknown,
  ) {
    super(`step ${facts.name} failed: ${facts.error.message}`, facts, cause)
    this.error = facts.error
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

/** Too many others changed the same item at the same time. Nothing was written by this call. */
export class Contended extends LeaseholdError {
  readonly code = 'contended'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { id: string; operation: string; tries: number }) {
    super(`${facts.operation} of ${facts.id} lost ${facts.tries} races in a row; try again`, facts)
  }
}

/** The queue of a concurrency key is as long as it may get. Nothing was written; it is shorter once some of it has ended. */
export class TooManyWait extends LeaseholdError {
  readonly code = 'too_many_wait'
  readonly blame = 'caller'
  readonly next = 'retry'
  constructor(facts: { id: string; key: string; waiting: number }) {
    super(
      `${facts.id} finds ${facts.waiting} processes waiting for concurrency key ${facts.key}; try again later`,
      facts,
    )
  }
}

/** The store did not answer after all retries, or refused for a reason that is not a lost race. */
export class StoreUnavailable extends LeaseholdError {
  readonly code = 'store_unavailable'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { operation: string; tries: number; reason: string }, cause: unknown) {
    super(`the store did not take ${facts.operation} in ${facts.tries} tries: ${facts.reason}`, facts, cause)
  }
}

/** A stored item that this version cannot read: written by a newer one, or damaged. Other processes are not affected. */
export class UnreadableItem extends LeaseholdError {
  readonly code = 'unreadable_item'
  readonly blame = 'us'
  readonly next = 'let-go'
  constructor(facts: { key: string; reason: string }, cause?: unknown) {
    super(`${facts.key} cannot be read: ${facts.reason}`, facts, cause)
  }
}

/** A bug: something that must always hold did not. No write follows it. */
export class InvariantBroken extends LeaseholdError {
  readonly code = 'invariant_broken'
  readonly blame = 'us'
  readonly next = 'let-go'
  constructor(statement: string, facts: Record<string, Json> = {}) {
    super(`broken invariant: ${statement} ${JSON.stringify(facts)}`, facts)
  }
}

function listed(flaws: readonly Flaw[]): string {
  return flaws.map((flaw) => (flaw.path === '' ? flaw.message : `${flaw.path}: ${flaw.message}`)).join('; ')
}

/** A value as an error may show it: short, and never an object's whole content. */
function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 80
      ? JSON.stringify(value)
      : `${JSON.stringify(value.slice(0, 77))}… (${value.length} characters)`
  return value === null ? 'null' : typeof value
}
