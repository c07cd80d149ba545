import { EffectRefused, StepFailed } from '../model/errors.ts'
import { toMs, type Duration } from '../model/duration.ts'
import { endIn, factsOf, isEnd } from '../model/failure.ts'
import type { EpochMs } from '../model/clock.ts'
import type { Json } from '../model/json.ts'
import type { EffectKind } from '../model/log.ts'
import { nextDelayMs, type RetryPolicy } from '../model/retry.ts'
import type { StepContext, StepOptions } from './context.ts'
import type { RunPorts } from './controller.ts'
import { checkEvent } from './emit.ts'
import { fenceOf } from './fence.ts'
import { refuseMisuse } from './misuse.ts'
import { siteOf } from '../model/site.ts'
import { effectScope, stepSignal } from './engine/effect-scope.ts'
import { toJson } from '../model/serialise.ts'
import { instantOf } from './sleep.ts'
import { stepOptions, stepTimer } from './step.ts'

// Effects of a run without a journal. Each does its work where it stands.

export type InlineRun = { readonly ports: RunPorts; positions: number; ended: boolean }

/** The refusal of an effect that only a journal makes possible. */
export function refused(effect: string): Promise<never> {
  return Promise.reject(
    new EffectRefused({ effect, because: 'it needs a journal, and this controller keeps none' }),
  )
}

export async function inlineStep(
  run: InlineRun,
  name: string,
  body: (step: StepContext) => unknown,
  given?: StepOptions,
): Promise<Json | undefined> {
  const options = stepOptions(name, body, given)
  // Nothing would tell the next run that the body has begun.
  if (options.semantics === 'at-most-once') return refused('a step that runs at most once')
  begin(run, 'step', name)
  return attempts(run.ports, { name, body, position: run.positions++ }, options)
}

export async function inlineSleep(run: InlineRun, duration: Duration, name: string): Promise<void> {
  const ms = toMs(duration, 'a sleep')
  begin(run, 'sleep', name)
  await pause(run.ports, ms)
}

export async function inlineSleepUntil(run: InlineRun, at: EpochMs | Date, name: string): Promise<void> {
  const ms = instantOf(at) - run.ports.clock.now()
  begin(run, 'sleep', name)
  await pause(run.ports, Math.max(0, ms))
}

export async function inlineEmit(run: InlineRun, type: string, payload: unknown): Promise<void> {
  const { ports } = run
  begin(run, 'emit', type)
  await checkEvent(ports.events, type, toJson(payload, `event ${type}`))
  ports.say(`event ${type}`)
}

function begin({ ports, ended }: InlineRun, effect: EffectKind, name: string): void {
  refuseMisuse(effect, name, ended ? ports : undefined)
  if (effectScope.getStore()?.shielded !== true) ports.abortSignal.throwIfAborted()
}

type InlineStep = {
  readonly name: string
  readonly body: (step: StepContext) => unknown
  readonly position: number
}

/** Runs the body until it succeeds or no attempt is left. What it came to before this run is not known here. */
async function attempts(
  run: RunPorts,
  asked: InlineStep,
  { retry, timeoutMs }: { readonly retry: RetryPolicy; readonly timeoutMs: number | undefined },
): Promise<Json | undefined> {
  const { name } = asked
  const site = siteOf(attempts)
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
  { name, body, position }: InlineStep,
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
