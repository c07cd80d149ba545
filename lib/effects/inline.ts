import { EffectRefused, StepFailed } from '../model/errors.ts'
import { toMs, type Duration } from '../model/duration.ts'
import { endIn, factsOf, isEnd } from '../model/failure.ts'
import type { EpochMs } from '../model/clock.ts'
import type { Json } from '../model/json.ts'
import type { EffectKind } from '../model/log.ts'
import { nextDelayMs, type RetryPolicy } from '../model/retry.ts'
import { assembled, uuidFrom } from './context.assemble.ts'
import type { ProcessContext, StepContext, StepOptions } from './context.ts'
import type { EffectController, RunEffects, RunPorts } from './controller.ts'
import { checkEvent } from './emit.ts'
import { fenceOf } from './fence.ts'
import { refuseMisuse } from './misuse.ts'
import { all, map } from './parallel.ts'
import { siteOf } from '../model/site.ts'
import { effectScope, stepSignal } from './engine/effect-scope.ts'
import { toJson } from './serialise.ts'
import { instantOf } from './sleep.ts'
import { stepOptions, stepTimer } from './step.ts'

/**
 * For hosts that want no journal: effects run where they stand and nothing of them is recorded, so a re-run does them
 * all again, and a sleep is a timer. Values and errors look as they do under the durable controller. Signals,
 * callbacks, children and at-most-once steps need a journal and are refused.
 */
export class InlineEffectController implements EffectController {
  readonly name = 'InlineEffectController'
  readonly durable = false

  begin(run: RunPorts): RunEffects {
    const scope = { positions: 0, ended: false }
    return {
      context: contextOf(run, scope),
      stopped: new Promise(() => {}),
      close: () => {
        scope.ended = true
        return Promise.resolve([])
      },
      // Nothing is recorded, so another run does all of it again.
      interrupted: () => ['a run without a journal'],
    }
  }
}

type InlineRun = { positions: number; ended: boolean }

function contextOf(run: RunPorts, scope: InlineRun): ProcessContext {
  const refused = (effect: string) => (): Promise<never> =>
    Promise.reject(
      new EffectRefused({ effect, because: 'it needs a journal, and this controller keeps none' }),
    )
  const begin = (effect: EffectKind, name: string): void => {
    refuseMisuse(effect, name, scope.ended ? run : undefined)
    if (effectScope.getStore()?.shielded !== true) run.abortSignal.throwIfAborted()
  }
  const effects = {
    step: async (name: string, body: (step: StepContext) => unknown, given?: StepOptions) => {
      const options = stepOptions(name, body, given)
      // Nothing would tell the next run that the body has begun.
      if (options.semantics === 'at-most-once') return refused('a step that runs at most once')()
      begin('step', name)
      return step(run, { name, body, position: scope.positions++ }, options)
    },
    sleep: async (duration: Duration, name = 'sleep') => {
      const ms = toMs(duration, 'a sleep')
      begin('sleep', name)
      await pause(run, ms)
    },
    sleepUntil: async (at: EpochMs | Date, name = 'sleep') => {
      const ms = instantOf(at) - run.clock.now()
      begin('sleep', name)
      await pause(run, Math.max(0, ms))
    },
    signal: refused('signal'),
    callback: refused('callback'),
    start: refused('start'),
    result: refused('result'),
    run: refused('run'),
    all,
    map,
    emit: async (type: string, payload: Json) => {
      begin('emit', type)
      await checkEvent(run.events, type, toJson(payload, `event ${type}`))
      run.say(`event ${type}`)
    },
    now: () => run.clock.now(),
    random: () => run.chance.random(),
    uuid: () => uuidFrom(run.chance.token()),
    patched: () => true,
  }
  return assembled(run, () => false, effects)
}

type Asked = {
  readonly name: string
  readonly body: (step: StepContext) => unknown
  readonly position: number
}

/** Runs the body until it succeeds or no attempt is left. What it came to before this run is not known here. */
async function step(
  run: RunPorts,
  asked: Asked,
  { retry, timeoutMs }: { readonly retry: RetryPolicy; readonly timeoutMs: number | undefined },
): Promise<Json | undefined> {
  const { name } = asked
  const site = siteOf(step)
  for (let attempt = 1; ; attempt += 1) {
    const timer = stepTimer(run.clock, name, timeoutMs, site)
    const { signal, dispose } = stepSignal(run, timer?.signal)
    try {
      return await attempted(run, asked, { attempt, signal, over: timer?.over })
    } catch (error) {
      const { reason } = signal
      if (isEnd(reason) && endIn(error, reason) !== undefined) throw reason
      const facts = factsOf(error, 'step_failed')
      const delayMs = nextDelayMs(retry, attempt, facts, run.chance.random())
      const dueAt = delayMs === undefined ? undefined : run.clock.now() + delayMs
      run.sayFailed(error, { step: name, attempt, of: retry.maxAttempts, dueAt }, site)
      if (delayMs === undefined) throw new StepFailed({ name, error: facts })
      await pause(run, delayMs)
    } finally {
      timer?.cancel()
      dispose()
    }
  }
}

async function attempted(
  run: RunPorts,
  { name, body, position }: Asked,
  of: { readonly attempt: number; readonly signal: AbortSignal; readonly over: Promise<never> | undefined },
): Promise<Json | undefined> {
  const context: StepContext = {
    idempotencyKey: `${run.id}/${position}`,
    abortSignal: of.signal,
    attempt: of.attempt,
    fence: fenceOf(run.journal),
  }
  const running = effectScope.run({ inStep: true, shielded: false }, async () => body(context))
  const value = await (of.over === undefined ? running : Promise.race([running, of.over]))
  return value === undefined ? undefined : toJson(value, `the value of step ${JSON.stringify(name)}`)
}

/** Waits; a cancel request ends the wait, unless it is inside `shield`. */
function pause(run: RunPorts, ms: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = run.clock.after(ms, resolve)
  if (effectScope.getStore()?.shielded === true) return promise
  run.abortSignal.addEventListener(
    'abort',
    () => {
      cancel()
      reject(run.abortSignal.reason)
    },
    { once: true },
  )
  return promise
}
