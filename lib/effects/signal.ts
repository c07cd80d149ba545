import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Duration, inWords, toMs } from '../model/duration.ts'
import { WaitTimedOut } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Outcome } from '../model/log.ts'
import { expectOptions, type Options } from '../model/options.ts'
import type { EffectCall } from '../model/replay.ts'
import type { Run } from './engine/run.ts'
import { deliverOutcome } from './deliver.ts'
import type { LoadedOutcome } from './loaded-outcome.ts'
import { recordVerdict, isRefusedSignal } from './verdict.ts'

/** Names of unread signals that one message lists. */
const UNREAD_NAMED_MAX = 5

/** When the wait ends by itself: the same moment however many signals it refuses. */
type Deadline = { readonly timeoutMs: number | undefined; at: number | undefined }

export type WaitOptions = { readonly schema?: StandardSchemaV1; readonly timeout?: Duration }

/** Of every wait for something that others send. */
export const WAIT_OPTIONS: Options<WaitOptions> = { schema: 'schema', timeout: 'any' }

/**
 * See `ProcessContext.signal`. A wait records the number of the signal it took: the log contains the payload already, since the
 * sender's write. If its schema makes another value of the payload, the wait records that value.
 *
 * A payload that the schema refuses is used up by a wait of its own, at the next position, as if the code had caught the
 * refusal and waited again. So each refusal is in the log, and a replay asks no schema a second time (C73).
 */
export async function signal(run: Run, name: string, options: WaitOptions = {}): Promise<unknown> {
  expectOptions(`signal ${JSON.stringify(name)}`, options, WAIT_OPTIONS)
  const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, 'timeout')
  const deadline: Deadline = { timeoutMs, at: undefined }
  const { asked } = run.sites
  for (;;) {
    run.sites.asked = asked
    const call = run.call('signal', name)
    deadline.at = run.inbox.begun.get(call.position)?.dueAt ?? deadline.at
    const loaded = await (run.recorded(call) ?? take(run, call, deadline, options.schema))
    if (!isRefusedSignal(loaded.outcome)) return deliverOutcome(run, call, loaded) ?? null
  }
}

async function take(
  run: Run,
  call: EffectCall,
  deadline: Deadline,
  schema: StandardSchemaV1 | undefined,
): Promise<LoadedOutcome> {
  const outcome = (await run.ready(call)) ?? (await waitFor(run, call, deadline))
  const taken = outcome.ok ? run.inbox.signalTaken(outcome) : undefined
  if (schema === undefined || taken === undefined) return run.record(call, outcome)
  return recordVerdict(run, call, schema, { outcome, payload: taken.payload, took: taken.seq })
}

function waitFor(run: Run, call: EffectCall, deadline: Deadline): Promise<Outcome> {
  const { timeoutMs } = deadline
  if (timeoutMs !== undefined) deadline.at ??= run.ports.clock.now() + timeoutMs
  const dueAt = deadline.at
  return run.wait(
    {
      call,
      takes: { kind: 'signal', what: call.name },
      dueAt: () => dueAt,
      look() {
        const taken = run.inbox.takeSignal(call.name)
        return taken === undefined ? undefined : { ok: true, value: { value: taken.seq } }
      },
      atDue: () => timedOut(call.name, noSignal(run, call.name, timeoutMs)),
    },
    { begin: true },
  )
}

/** A misspelt signal is in the log under the name that its sender gave it. */
function noSignal(run: Run, name: string, timeoutMs: number | undefined): string {
  const within = timeoutMs === undefined ? 'in time' : `within ${inWords(timeoutMs)}`
  const says = `no signal ${JSON.stringify(name)} ${within}`
  const unread = run.inbox.unreadNames(UNREAD_NAMED_MAX)
  return unread.length === 0
    ? says
    : `${says}; unread here: ${unread.map((each) => JSON.stringify(each)).join(', ')}`
}

/** `says` is recorded: the error is made from it on every run. */
export function timedOut(name: string, says: string): Outcome {
  const error = new WaitTimedOut({ name, says })
  return { ok: false, error: factsOf(error, error.code) }
}
