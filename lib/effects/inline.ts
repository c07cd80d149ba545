import { EffectRefused, StepFailed } from '../model/errors.ts'
import { toMs, type Duration } from '../model/duration.ts'
import { endIn, factsOf, isEnd } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { assembled, uuidFrom } from './ambient.ts'
import type { ProcessContext, StepContext, StepOptions } from './context.ts'
import type { EffectController, EffectScope, RunPorts } from './controller.ts'
import { checkEvent } from './emit.ts'
import { fenceOf } from './fence.ts'
import { refuseMisuse } from './misuse.ts'
import { all, map } from './parallel.ts'
import { siteOf } from '../model/site.ts'
import { place, stepSignal } from './engine/place.ts'
import { toJson } from './serialise.ts'

/**
 * For hosts that want no journal: effects run where they stand and nothing of them is recorded, so a re-run does them
 * all again, and a sleep is a timer. Values and errors look as they do under the durable controller. Signals,
 * callbacks, children and at-most-once steps need a journal and are refused.
 */
export class InlineEffectController implements EffectController {
  readonly name = 'InlineEffectController'
  readonly durable = false

  begin(run: RunPorts): EffectScope {
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

type Scope = { positions: number; ended: boolean }

function contextOf(run: RunPorts, scope: Scope): ProcessContext {
  const refused = (effect: string) => (): Promise<never> =>
    Promise.reject(
      new EffectRefused({ effect, because: 'it needs a journal, and this controller keeps none' }),
    )
  const effects = {
    step: (name: string, body: (step: StepContext) => unknown, { semantics }: StepOptions = {}) =>
      // Nothing would tell the next run that the body has begun.
      semantics === 'at-most-once'
        ? refused('a step that runs at most once')()
        : step(run, scope, name, body),
    sleep: (duration: Duration) => pause(run, toMs(duration, 'a sleep')),
    sleepUntil: (at: number | Date) => pause(run, Math.max(0, Number(at) - run.clock.now())),
    signal: refused('signal'),
    callback: refused('callback'),
    start: refused('start'),
    result: refused('result'),
    run: refused('run'),
    all,
    map,
    emit: async (type: string, payload: Json) => {
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

async function step(
  run: RunPorts,
  scope: Scope,
  name: string,
  body: (step: StepContext) => unknown,
): Promise<Json | undefined> {
  const effect = `step ${JSON.stringify(name)}`
  const site = siteOf(step)
  refuseMisuse('step', name, scope.ended ? run : undefined)
  if (place.getStore()?.shielded !== true) run.abortSignal.throwIfAborted()
  const { signal, dispose } = stepSignal(run)
  const context: StepContext = {
    idempotencyKey: `${run.id}/${scope.positions++}`,
    abortSignal: signal,
    attempt: 1,
    fence: fenceOf(run.journal),
  }
  try {
    const value = await place.run({ inStep: true, shielded: false }, async () => body(context))
    return value === undefined ? undefined : toJson(value, `the value of ${effect}`)
  } catch (error) {
    const { reason } = signal
    if (isEnd(reason) && endIn(error, reason) !== undefined) throw reason
    run.sayFailed(error, { step: name, attempt: 1, of: 1 }, site)
    throw new StepFailed({ name, error: factsOf(error, 'step_failed') })
  } finally {
    dispose()
  }
}

function pause(run: RunPorts, ms: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = run.clock.after(ms, resolve)
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
