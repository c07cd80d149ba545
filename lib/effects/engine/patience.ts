import type { NonDeterminism } from '../../model/errors.ts'
import { REPLAY_PATIENCE_MS, REPLAY_SLOW_MS } from '../../model/limits-replay.ts'
import { neverAskedFor, titleOf, type EffectCall, type RecordedEffect } from '../../model/replay.ts'
import type { RunPorts } from '../controller.ts'

export type PatiencePorts = {
  readonly run: Pick<RunPorts, 'clock' | 'say' | 'mayBegin'>
  readonly onMismatch: (error: NonDeterminism) => void
}

type Stuck = { readonly missing: RecordedEffect; readonly asked: EffectCall }

/**
 * Waits for code that waits itself, and has not asked for the next recorded effect. Two causes look alike: the code has
 * changed, or it awaits work of its own (a request outside of a step) in another branch. So a log line names the wait after
 * `REPLAY_SLOW_MS`, and the code counts as changed after `REPLAY_PATIENCE_MS`. It counts as changed earlier if its
 * invocation has no time left for new effects: a hand-over would lead to the same wait without end.
 */
export class Patience {
  readonly #ports: PatiencePorts
  readonly #stuckAt: () => Stuck | undefined
  #waitedMs = 0
  #cancel: (() => void) | undefined

  constructor(ports: PatiencePorts, stuckAt: () => Stuck | undefined) {
    this.#ports = ports
    this.#stuckAt = stuckAt
  }

  begin(): void {
    if (this.#cancel === undefined) this.#look()
  }

  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waitedMs = 0
  }

  #look(): void {
    this.#cancel = this.#ports.run.clock.after(REPLAY_SLOW_MS, () => {
      const stuck = this.#stuckAt()
      this.#waitedMs += REPLAY_SLOW_MS
      if (stuck === undefined) return this.end()
      if (this.#waitedMs >= REPLAY_PATIENCE_MS || !this.#ports.run.mayBegin()) {
        this.end()
        this.#ports.onMismatch(neverAskedFor(stuck.missing, titleOf(stuck.asked)))
        return
      }
      if (this.#waitedMs === REPLAY_SLOW_MS) this.#say(stuck)
      this.#look()
    })
  }

  #say({ missing, asked }: Stuck): void {
    const [expected, found] = [titleOf(missing), titleOf(asked)]
    this.#ports.run.say(
      `the replay waits for ${expected}: the code has not asked for it again, and waits at ${found}. ` +
        'Work that takes seconds belongs in a step',
      { position: missing.position, expected, found, waitedMs: this.#waitedMs, untilMs: REPLAY_PATIENCE_MS },
    )
  }
}
