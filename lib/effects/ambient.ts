import { AsyncLocalStorage } from 'node:async_hooks'
import { ProcessCancelled } from '../model/errors.ts'
import type { ProcessContext } from './context.ts'
import type { RunPorts } from './controller.ts'

/** Set while a step's body runs: an effect asked for in there has no place of its own in the journal. */
export const inStepBody = new AsyncLocalStorage<unknown>()

/** The context of a run: the effects of its controller, and what every controller gives alike. */
export function contextOf(
  run: RunPorts,
  effects: Pick<ProcessContext, 'step'> & { replaying: () => boolean },
): ProcessContext {
  return {
    id: run.id,
    kind: run.kind,
    attempt: run.attempt,
    step: effects.step,
    abortSignal: run.abortSignal,
    get cancelled() {
      return run.abortSignal.aborted && run.abortSignal.reason instanceof ProcessCancelled
    },
    remainingMs: run.remainingMs,
    log(message, facts) {
      if (!effects.replaying()) run.say(message, facts)
    },
  }
}
