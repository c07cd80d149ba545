import { LeaseholdError, listed, type Issue } from './base.ts'
import { countText, inARow } from '../count-text.ts'
import type { Json } from '../json.ts'
import { suggestion } from '../suggestion.ts'

// Errors of what stands around a process: its lease, its store, its host's configuration, and this library.

/** Configuration that cannot work, found when it is read. */
export class InvalidConfig extends LeaseholdError {
  readonly code = 'invalid_config'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { issues: readonly Issue[] }) {
    super(`configuration: ${listed(facts.issues)}`, facts)
  }
}

/** No definition of this kind is deployed here. */
export class UnknownKind extends LeaseholdError {
  readonly code = 'unknown_kind'
  readonly blame = 'author'
  readonly next = 'end'
  /** What the kind may have meant, or which there are. */
  readonly issue: string
  constructor(facts: { kind: string; known: readonly string[] }) {
    const issue = suggestion(facts.kind, facts.known)
    super(
      `no definition of kind ${facts.kind} is deployed here (${issue}); deploy it, or correct the kind`,
      facts,
    )
    this.issue = `no such kind is deployed here; ${issue}`
  }
}

/** Another owner holds the process, or the lease ran out: this owner may write nothing more. */
export class LeaseLost extends LeaseholdError {
  readonly code = 'lease_lost'
  readonly blame = 'platform'
  readonly next = 'discard'
  constructor(facts: { id: string; fence: number; because: string }, cause?: unknown) {
    super(
      `the lease of ${facts.id} under fence ${facts.fence} is lost: ${facts.because}; another owner continues from the journal`,
      facts,
      cause,
    )
  }
}

/** The host stops, by its shutdown signal or at the end of its time, while a caller waits there for a process. */
export class HostShutDown extends LeaseholdError {
  readonly code = 'host_shut_down'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { id: string; registered: boolean }) {
    super(
      facts.registered
        ? `this host shuts down: ${facts.id} stays registered and continues on another worker; ask for it there`
        : `this host shuts down: ${facts.id} was not registered by this call; ask another worker`,
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

/** Too many others changed the same item at the same time. Nothing was written by this call. */
export class Contended extends LeaseholdError {
  readonly code = 'contended'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { id: string; operation: string; tries: number }) {
    super(
      `${facts.operation} of ${facts.id} met other writes ${inARow(facts.tries)}, and nothing was written; try again`,
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
    super(
      `the store did not take ${facts.operation} in ${countText(facts.tries, 'try', 'tries')}: ${facts.reason}`,
      facts,
      cause,
    )
  }
}

/** A stored item that this version cannot read: written by a newer one, or damaged. Other processes are not affected. */
export class UnreadableItem extends LeaseholdError {
  readonly code = 'unreadable_item'
  readonly blame = 'us'
  readonly next = 'discard'
  /** It is a value of a process whose own item can be read: an input, an outcome, a payload or an output. */
  readonly isValue: boolean
  readonly key: string
  readonly reason: string
  constructor(facts: { key: string; reason: string }, cause?: unknown, isValue = false) {
    super(`${facts.key} cannot be read: ${facts.reason}`, facts, cause)
    this.key = facts.key
    this.reason = facts.reason
    this.isValue = isValue
  }
}

/** The place for large values did not answer, or refused: a right may be missing there. The table has the process itself. */
export class PayloadUnavailable extends LeaseholdError {
  readonly code = 'payload_unavailable'
  readonly blame = 'platform'
  readonly next = 'retry'
  constructor(facts: { key: string; operation: 'read' | 'write'; reason: string }, cause: unknown) {
    super(
      `the ${facts.operation} of ${facts.key} in the place for large values failed: ${facts.reason}; check the rights on it`,
      facts,
      cause,
    )
  }
}

/** A bug: something that must always hold did not. No write follows it. */
export class InvariantBroken extends LeaseholdError {
  readonly code = 'invariant_broken'
  readonly blame = 'us'
  readonly next = 'discard'
  constructor(statement: string, facts: Record<string, Json> = {}) {
    super(`broken invariant: ${statement} ${JSON.stringify(facts)}`, facts)
  }
}
