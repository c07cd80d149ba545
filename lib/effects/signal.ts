import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Duration, toMs } from '../model/duration.ts'
import { WaitTimedOut } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Outcome } from '../model/log.ts'
import { parseWith } from './definition.ts'
import type { Run } from './engine/run.ts'
import { settle } from './settle.ts'
import type { Shown } from './shown.ts'

/**
 * See `ProcessContext.signal`. What is recorded of a wait is the number of the signal it took: the payload stands in
 * the log already, where whoever sent it put it.
 */
export async function signal(
  run: Run,
  name: string,
  options: { readonly schema?: StandardSchemaV1; readonly timeout?: Duration } = {},
): Promise<unknown> {
  const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, 'timeout')
  const call = run.call('signal', name)
  const payload = settle(run, call, await (run.recorded(call) ?? take(run, call, timeoutMs))) ?? null
  return options.schema === undefined ? payload : parseWith(options.schema, payload, `signal ${name}`)
}

async function take(run: Run, call: ReturnType<Run['call']>, timeoutMs: number | undefined): Promise<Shown> {
  const outcome = (await run.ready(call)) ?? (await waitFor(run, call, timeoutMs))
  return run.record(call, outcome)
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
