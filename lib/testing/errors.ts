import { LeaseholdError } from '../model/errors.ts'
import { isError } from '../model/realm.ts'

/** A process under test waits for something that will not happen: the test would wait for ever. */
export class NeverEnds extends LeaseholdError {
  readonly code = 'never_ends'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; status: string; because: string }) {
    super(`${facts.id} does not end: ${facts.because}`, facts)
  }
}

/** Code that does something else when it runs again, as it does after a sleep or a crash. */
export class ReplayDiffers extends LeaseholdError {
  readonly code = 'replay_differs'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { id: string; otherwise: string; at: string | undefined }, cause?: unknown) {
    const at = facts.at === undefined ? '' : ` (at ${facts.at})`
    const found = isError(cause) ? `: ${cause.message.replace(/;[^;]*$/u, '')}` : ''
    super(
      `${facts.id} runs otherwise ${facts.otherwise}${found}${at}; use context.now(), random() and uuid(), or read it in a step`,
      facts,
      cause,
    )
  }
}

/** A stored history that is damaged, of another version, or no history at all. Nothing was replayed of it. */
export class HistoryUnusable extends LeaseholdError {
  readonly code = 'history_unusable'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { name: string; reason: string }, cause?: unknown) {
    super(`${facts.name} cannot be replayed: ${facts.reason}`, facts, cause)
  }
}
