import type { Clock } from '../model/clock.ts'
import { InvalidInput, PayloadTooLarge, StepInterrupted, StepTimedOut } from '../model/errors.ts'
import { toMs } from '../model/duration.ts'
import { endIn, factsOf, isEnd } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Outcome } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { EffectCall } from '../model/replay.ts'
import { checkPolicy, nextDelayMs, NO_RETRY } from '../model/retry.ts'
import { expectOptions, type Options } from '../model/options.ts'
import { moveTo, type Site } from '../model/site.ts'
import type { StepContext, StepOptions } from './context.ts'
import { cancelledOutcome, isCancelled, never, effectScope, stepSignal } from './engine/effect-scope.ts'
import type { Run } from './engine/run.ts'
import { fenceOf } from './fence.ts'
import { toJson } from '../model/serialise.ts'
import { finish, deliverOutcome, type InHand } from './deliver.ts'

type StepBody = (step: StepContext) => unknown

const OPTIONS: Options<StepOptions> = {
  retry: 'any',
  timeout: 'any',
  semantics: ['at-least-once', 'at-most-once'],
}

/** A step's options with their defaults, checked. Throws `InvalidInput`; nothing of the step has run then. */
export function stepOptions(name: string, body: unknown, options: StepOptions | undefined) {
  const what = `step ${JSON.stringify(name)}`
  expectOptions(what, options, OPTIONS)
  // A promise is of work that has begun already, outside of the step.
  expectOptions(what, { body }, { body: 'function' })
  const { retry = NO_RETRY, semantics = 'at-least-once', timeout } = options ?? {}
  const timeoutMs = timeout === undefined ? undefined : toMs(timeout, 'timeout')
  checkPolicy(retry)
  if (semantics === 'at-most-once' && retry.maxAttempts > 1) {
    const issues = [{ path: 'retry', message: 'a step that runs at most once cannot be tried again' }]
    throw new InvalidInput({ what: `the options of ${what}`, issues })
  }
  return { retry, semantics, timeoutMs }
}
/** `thrown`: the author's own error, with its stack, for the log line only. */
type Ran = InHand & { readonly outcome: Outcome; readonly thrown?: unknown }

/** See `ProcessContext.step`. */
export async function step(
  run: Run,
  name: string,
  body: StepBody,
  options?: StepOptions,
): Promise<Json | undefined> {
  const { retry, semantics, timeoutMs } = stepOptions(name, body, options)
  const call = run.call('step', name)
  const recorded = run.recorded(call)
  if (recorded !== undefined) return deliverOutcome(run, call, await recorded)
  const refused =
    (await run.ready(call)) ??
    (await untilDue(run, call, run.inbox.attempts.get(call.position)?.at(-1)?.dueAt))
  if (refused !== undefined) return await finish(run, call, refused)
  if (semantics === 'at-most-once') {
    if (run.inbox.begun.has(call.position)) return await finish(run, call, interrupted(run, call))
    run.note({ type: 'begin', at: run.ports.clock.now(), ...call })
  }
  return await attempts(run, call, body, { retry, timeoutMs })
}

/** Runs the body until it succeeds or no attempt is left. Attempts that earlier workers recorded count. */
async function attempts(
  run: Run,
  call: EffectCall,
  body: StepBody,
  options: { retry: NonNullable<StepOptions['retry']>; timeoutMs: number | undefined },
): Promise<Json | undefined> {
  let failed = run.inbox.attempts.get(call.position)?.length ?? 0
  for (;;) {
    const attempt = { attempt: failed + 1, timeoutMs: options.timeoutMs }
    await run.durable()
    // What this waited for may have brought a cancel request: no body begins after its owner has read one (C61).
    if (run.cancelled) return finish(run, call, cancelledOutcome(run.ports.abortSignal.reason))
    run.atWork.begin(call)
    const ran = await runBody(run, call, body, attempt)
    failed += 1
    if (ran.outcome.ok) return await finish(run, call, ran.outcome, ran)
    const next = retryAt(run, options.retry, failed, ran.outcome.error)
    const { position, name } = call
    const { dueAt, thrown = ran.thrown, outcome = ran.outcome } = next
    const of = options.retry.maxAttempts
    // A body that had to stop has not failed. After the end of its run, another attempt may be under way elsewhere.
    if (!isCancelled(ran.outcome.error) && !run.ports.overSignal.aborted)
      run.ports.sayFailed(thrown, { step: name, attempt: failed, of, dueAt }, run.sites.of(call))
    if (dueAt === undefined) return await finish(run, call, outcome)
    run.note({ type: 'attempt', at: run.ports.clock.now(), position, name, error: ran.outcome.error, dueAt })
    const refused = (await untilDue(run, call, dueAt)) ?? (await run.ready(call))
    if (refused !== undefined) return await finish(run, call, refused)
  }
}

type Again = {
  /** Undefined where no attempt is left. */
  readonly dueAt?: number
  /** Where the policy itself failed, and so the step does: what it threw. */
  readonly outcome?: Outcome
  readonly thrown?: unknown
}

function retryAt(
  run: Run,
  retry: NonNullable<StepOptions['retry']>,
  failed: number,
  error: ErrorFacts,
): Again {
  if (isCancelled(error)) return {}
  try {
    const delayMs = nextDelayMs(retry, failed, error, run.ports.chance.random())
    return delayMs === undefined ? {} : { dueAt: run.ports.clock.now() + delayMs }
  } catch (thrown) {
    return { outcome: { ok: false, error: factsOf(thrown, 'step_failed') }, thrown }
  }
}

/** Waits for the next attempt's time; a long wait parks the process. Answers an outcome where the wait was cancelled. */
async function untilDue(run: Run, call: EffectCall, dueAt: number | undefined): Promise<Outcome | undefined> {
  if (dueAt === undefined || dueAt <= run.ports.clock.now()) return undefined
  const outcome = await run.wait(
    { call, dueAt: () => dueAt, look: () => undefined, atDue: () => ({ ok: true }) },
    { begin: false },
  )
  return outcome.ok ? undefined : outcome
}

function interrupted(run: Run, call: EffectCall): Outcome {
  const error = new StepInterrupted({ name: call.name, idempotencyKey: `${run.ports.id}/${call.position}` })
  return { ok: false, error: factsOf(error, error.code) }
}

async function runBody(
  run: Run,
  call: EffectCall,
  body: StepBody,
  options: { attempt: number; timeoutMs: number | undefined },
): Promise<Ran> {
  const { ports } = run
  const timer = stepTimer(ports.clock, call.name, options.timeoutMs, run.sites.of(call))
  const { signal, dispose } = stepSignal(ports, timer?.signal)
  const context: StepContext = {
    idempotencyKey: `${ports.id}/${call.position}`,
    abortSignal: signal,
    attempt: options.attempt,
    fence: fenceOf(ports.journal),
  }
  let json: Json | undefined
  try {
    const traced = { name: call.name, attempt: options.attempt, site: run.sites.of(call) }
    const attempt = () => ports.traceStep(traced, async () => body(context))
    const running = effectScope.run({ inStep: true, shielded: false }, attempt)
    const value = await (timer === undefined ? running : Promise.race([running, timer.over]))
    json = value === undefined ? undefined : toJson(value, `the value of step ${JSON.stringify(call.name)}`)
  } catch (error) {
    const { reason } = signal
    // A body that ended because the process is to end is recorded as that, whatever its library made of the signal.
    if (isEnd(reason) && endIn(error, reason) !== undefined) return { outcome: cancelledOutcome(reason) }
    return { outcome: { ok: false, error: factsOf(error, 'step_failed') }, thrown: error }
  } finally {
    timer?.cancel()
    dispose()
  }
  return json === undefined ? { outcome: { ok: true } } : keep(run, call, json)
}

export type StepTimer = {
  readonly over: Promise<never>
  readonly signal: AbortSignal
  readonly cancel: () => void
}

/** Rejects `over` when an attempt's time is up, and fires its signal. */
export function stepTimer(
  clock: Clock,
  name: string,
  timeoutMs: number | undefined,
  site: Site | undefined,
): StepTimer | undefined {
  if (timeoutMs === undefined) return undefined
  const abort = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const cancel = clock.after(timeoutMs, () => {
    const error = new StepTimedOut({ name, timeoutMs })
    moveTo(error, site ?? {})
    reject(error)
    abort.abort(error)
  })
  return { over: promise, signal: abort.signal, cancel }
}

/** The value as the journal keeps it. */
export async function keep(run: Run, call: EffectCall, json: Json): Promise<Ran> {
  try {
    const value = await run.ports.journal.keep(
      json,
      `the value of ${call.effect} ${JSON.stringify(call.name)}`,
    )
    return { outcome: { ok: true, value }, json }
  } catch (error) {
    if (error instanceof PayloadTooLarge)
      return { outcome: { ok: false, error: factsOf(error, error.code) }, thrown: error }
    // A store that does not take the value says nothing about the step: the run stops, and the step runs again.
    run.fail(error)
    return never()
  }
}
