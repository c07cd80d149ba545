import { AsyncLocalStorage } from 'node:async_hooks'
import { factsOf, isEnd } from '../../model/failure.ts'
import type { Outcome } from '../../model/log.ts'
import type { ErrorFacts } from '../../model/recorded-error.ts'
import type { RunPorts } from '../controller.ts'

/** Where an effect was asked for: in the body of a step, where there can be none, or in a section that outlives a cancel. */
export const effectScope = new AsyncLocalStorage<{ readonly inStep: boolean; readonly shielded: boolean }>()

/** Runs a process's code from the start. A step's body of another process may have asked for it, and its effects are its own. */
export function outsideOfSteps<T>(code: () => T): T {
  return effectScope.run({ inStep: false, shielded: false }, code)
}

/**
 * The promises that effects give to the author's code. The failure of one is in the journal, whether or not the code awaits it
 * by then: code that starts two and awaits one after the other leaves no rejection behind. A handler added here would mark
 * each as handled too, but the stack of an error ends at a promise that has two.
 */
export const effectPromises = new WeakSet<object>()

/** Tells what open effects come to once the process is to end; at once where it is already. */
export function onEnd(signal: AbortSignal, tell: (outcome: Outcome) => void): void {
  const look = (): void => {
    if (isEnd(signal.reason)) tell(cancelledOutcome(signal.reason))
  }
  signal.addEventListener('abort', look, { once: true })
  look()
}

/** What an effect comes to that the process's end refused or cut short. */
export function cancelledOutcome(reason: unknown): Outcome {
  return { ok: false, error: { ...factsOf(reason, 'process_cancelled'), class: REFUSED } }
}

/**
 * Is this what `cancelledOutcome` records? Its code alone does not say so: a child that timed out has the same, and so
 * may what a step throws.
 */
export function isCancelled({ class: name, code }: ErrorFacts): boolean {
  return name === REFUSED && (code === 'process_cancelled' || code === 'timed_out')
}

const REFUSED = 'EffectRefused'

/**
 * The signal for a step's body. A shielded section does not stop for a request to end, and the run's own signal may have
 * fired long ago. So its body gets a signal that only the host and the loss of the lease can fire. A signal with a timer
 * fires at its timeout too. Every signal fires at the end of the run. Otherwise a body that the code does not await would
 * continue beside the next owner's, or in the next invocation of its host. All listeners are removed when the body is done:
 * the run's
 * signals outlive thousands of bodies.
 */
export function stepSignal(
  run: Pick<RunPorts, 'abortSignal' | 'haltSignal' | 'overSignal'>,
  timer?: AbortSignal,
): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const shielded = effectScope.getStore()?.shielded === true
  const abort = new AbortController()
  const ends = shielded ? run.haltSignal : run.abortSignal
  const followed = [ends, run.overSignal, ...(timer === undefined ? [] : [timer])]
  const follow = (): void => abort.abort(followed.find(({ aborted }) => aborted)?.reason)
  if (followed.some(({ aborted }) => aborted)) follow()
  for (const signal of followed) signal.addEventListener('abort', follow, { once: true })
  return {
    signal: abort.signal,
    dispose() {
      for (const signal of followed) signal.removeEventListener('abort', follow)
    },
  }
}

/**
 * What the author's code waits for when a run stops before the code does. The run is ended by an answer (`stopped`),
 * not by an error thrown into the code: its `catch` would take a hand-over for a failure, its `finally` for an end.
 */
export function never(): Promise<never> {
  return new Promise(() => {})
}
