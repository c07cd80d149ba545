import type { Json } from '../model/json.ts'
import { isEnd } from '../model/failure.ts'
import { callback } from './callback.ts'
import { result, start, startAndAwait } from './child.ts'
import type { ProcessContext } from './context.ts'
import type { RunPorts } from './controller.ts'
import { emit } from './emit.ts'
import { effectPromises, effectScope, never } from './engine/effect-scope.ts'
import type { Run } from './engine/run.ts'
import {
  inlineEmit,
  inlineSleep,
  inlineSleepUntil,
  inlineStep,
  refused,
  type InlineRun,
} from './inline-effects.ts'
import { now, patched, random, uuid, uuidFrom } from './instants.ts'
import { all, map } from './parallel.ts'
import { signal } from './signal.ts'
import { sleep, sleepUntil } from './sleep.ts'
import { step } from './step.ts'

// Every member of `ProcessContext` is an effect of both contexts below, or one of these. A member that is missing in
// either does not compile.
type RunFacts = Pick<
  ProcessContext,
  'id' | 'kind' | 'attempt' | 'version' | 'abortSignal' | 'remainingMs' | 'log' | 'shield' | 'cancelled'
>
type EffectName = Exclude<keyof ProcessContext, keyof RunFacts>

/** The effects without the types that an author's schemas and definitions give them: those are checked at run time. */
export type ContextEffects = {
  readonly [Name in EffectName]: (
    ...args: Parameters<ProcessContext[Name]>
  ) => ReturnType<ProcessContext[Name]> extends Promise<unknown>
    ? Promise<unknown>
    : ReturnType<ProcessContext[Name]>
}

/** The context over a journal. Each method's promise stands at `ProcessContext`; each effect's code in its own file. */
export function journaledContext(run: Run): ProcessContext {
  return assembled(run.ports, () => run.replaying || run.beenHere, {
    step: (name, body, options) => given(run, () => step(run, name, body, options)),
    sleep: (duration, name = 'sleep') => given(run, () => sleep(run, duration, name)),
    sleepUntil: (at, name = 'sleep') => given(run, () => sleepUntil(run, at, name)),
    signal: (name, options) => given(run, () => signal(run, name, options)),
    callback: (name, options) => given(run, () => callback(run, name, options)),
    start: (definition, input, options) => given(run, () => start(run, definition, input, options)),
    result: (child) => given(run, () => result(run, child)),
    run: (definition, input, options) => given(run, () => startAndAwait(run, definition, input, options)),
    all: (tasks, options) => known(run, () => all(tasks, options)),
    map: (items, task, options) => known(run, () => map(items, task, options)),
    emit: (type, payload) => given(run, () => emit(run, type, payload)),
    now: () => now(run),
    random: () => random(run),
    uuid: () => uuid(run),
    patched: (name) => patched(run, name),
  })
}

/** The context without a journal: an effect that needs one is refused. */
export function inlineContext(run: InlineRun): ProcessContext {
  const { ports } = run
  return assembled(ports, () => false, {
    step: (name, body, options) => inlineStep(run, name, body, options),
    sleep: (duration, name = 'sleep') => inlineSleep(run, duration, name),
    sleepUntil: (at, name = 'sleep') => inlineSleepUntil(run, at, name),
    signal: () => refused('signal'),
    callback: () => refused('callback'),
    start: () => refused('start'),
    result: () => refused('result'),
    run: () => refused('run'),
    all,
    map,
    emit: (type, payload) => inlineEmit(run, type, payload),
    now: () => ports.clock.now(),
    random: () => ports.chance.random(),
    uuid: () => uuidFrom(ports.chance.token()),
    patched: () => true,
  })
}

/** The effects as a controller runs them, and the members that every context has alike. */
export function assembled(
  ports: RunPorts,
  replaying: () => boolean,
  effects: ContextEffects,
): ProcessContext {
  const { id, kind, attempt, version, abortSignal, remainingMs } = ports
  const context: RunFacts & ContextEffects = {
    ...effects,
    id,
    kind,
    attempt,
    version,
    abortSignal,
    remainingMs,
    log(message: string, line?: object) {
      if (!replaying()) ports.say(message, line as { readonly [key: string]: Json } | undefined)
    },
    // Async, so that a section that throws before its first effect rejects. It is no way out of a step's body.
    shield: async (section) =>
      effectScope.run({ inStep: effectScope.getStore()?.inStep === true, shielded: true }, section),
    // Asked to cancel, or out of time, whatever section the code is in.
    get cancelled() {
      return isEnd(abortSignal.reason)
    },
  }
  return context as ProcessContext
}

/** An effect, which the author's code waits for until it settles. */
function given<T>(run: Run, effect: () => Promise<T>): Promise<T> {
  run.sites.ask(given, run.atWork.open)
  const over = run.atWork.awaits()
  return known(run, async () => {
    // Not a handler of the promise that the code gets: see `effectPromises`.
    try {
      return await effect()
    } finally {
      over()
    }
  })
}

function known<T>(run: Run, effect: () => Promise<T>): Promise<T> {
  if (run.left) return never()
  const promise = effect()
  effectPromises.add(promise)
  return promise
}
