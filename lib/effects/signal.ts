import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Duration, toMs } from '../model/duration.ts'
import { WaitTimedOut } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Outcome } from '../model/log.ts'
import { expectOptions, type Options } from '../model/options.ts'
import type { Run } from './engine/run.ts'
import { settle } from './settle.ts'
import type { Shown } from './shown.ts'
import { recordVerdict } from './verdict.ts'

export type WaitOptions = { readonly schema?: StandardSchemaV1; readonly timeout?: Duration }

/** Of every wait for something that others send. */
export const WAIT_OPTIONS: Options<WaitOptions> = { schema: 'schema', timeout: 'any' }

/**
 * See `ProcessContext.signal`. What is recorded of a wait is the number of the signal it took: the payload stands in
 * the log already, where whoever sent it put it. Where its schema makes something else of the payload, that is recorded.
 */
export async function signal(run: Run, name: string, options: WaitOptions = {}): Promise<unknown> {
  expectOptions(`signal ${JSON.stringify(name)}`, options, WAIT_OPTIONS)
  const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, 'timeout')
  const call = run.call('signal', name)
  return settle(run, call, await (run.recorded(call) ?? take(run, call, timeoutMs, options.schema))) ?? null
}

async function take(
  run: Run,
  call: ReturnType<Run['call']>,
  timeoutMs: number | undefined,
  schema: StandardSchemaV1 | undefined,
): Promise<Shown> {
  const outcome = (await run.ready(call)) ?? (await waitFor(run, call, timeoutMs))
  const taken = outcome.ok ? run.inbox.signalTaken(outcome) : undefined
  if (schema === undefined || taken === undefined) return run.record(call, outcome)
  return recordVerdict(run, call, schema, { outcome, payload: taken.payload, took: taken.seq })
}

function waitFor(run: Run, call: ReturnType<Run['call']>, timeoutMs: number | undefined): Promise<Outcome> {
  const begun = run.inbox.begun.get(call.position)?.dueAt
  const dueAt = begun ?? (timeoutMs === undefined ? undefined : run.ports.clock.now() + timeoutMs)
  return run.wait(
    {
      call,
      takes: { kind: 'signal', what: call.name },
      dueAt: () => dueAt,
      look() {
        const taken = run.inbox.takeSignal(call.name)
        return taken === undefined ? undefined : { ok: true, value: { value: taken.seq } }
      },
      atDue: () => timedOut(call.name),
    },
    { begin: true },
  )
}

export function timedOut(name: string): Outcome {
  const error = new WaitTimedOut({ name })
  return { ok: false, error: factsOf(error, error.code) }
}
