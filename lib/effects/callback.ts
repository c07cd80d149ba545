import { type Duration, inWords, toMs } from '../model/duration.ts'
import { InvalidInput } from '../model/errors.ts'
import { isProcessId } from '../model/ids.ts'
import type { Outcome } from '../model/log.ts'
import { expectOptions, type Options as OptionsOf } from '../model/options.ts'
import type { Callback } from './context.ts'
import type { Run } from './engine/run.ts'
import { deliverOutcome } from './deliver.ts'
import type { LoadedOutcome } from './loaded-outcome.ts'
import { keep } from './step.ts'
import { timedOut, WAIT_OPTIONS, type WaitOptions } from './signal.ts'
import { recordVerdict } from './verdict.ts'

type CallbackOptions = WaitOptions & { readonly heartbeatTimeout?: Duration }
const OPTIONS: OptionsOf<CallbackOptions> = { ...WAIT_OPTIONS, heartbeatTimeout: 'any' }
type Times = { readonly timeoutMs: number | undefined; readonly heartbeatMs: number | undefined }

/** Opens a callback's token so that a client can find its process: `<process id>~<position>~<secret>`. */
export function callbackToken(parts: { id: string; position: number; secret: string }): string {
  return `${parts.id}~${parts.position}~${parts.secret}`
}

/** Reads a token; undefined where it is none. A process id holds no `~`. */
export function parseCallbackToken(
  token: string,
): { id: string; position: number; secret: string } | undefined {
  const match = /^([^~]+)~(\d{1,9})~([A-Za-z0-9_-]{16,64})$/u.exec(token)
  const [, id, position, secret] = match ?? []
  if (!isProcessId(id) || position === undefined || secret === undefined) return undefined
  return { id, position: Number(position), secret }
}

/** See `ProcessContext.callback`. The secret is recorded, so every run gives the same token. */
export async function callback(
  run: Run,
  name: string,
  options: CallbackOptions = {},
): Promise<Callback<unknown>> {
  const times = timesOf(name, options)
  const call = run.call('callback', name)
  const value = deliverOutcome(run, call, await (run.recorded(call) ?? open(run, call)))
  const secret = typeof value === 'string' ? value : ''
  return {
    token: callbackToken({ id: run.ports.id, position: call.position, secret }),
    result: () => result(run, { name, position: call.position, times, options }),
  }
}

function timesOf(name: string, options: CallbackOptions): Times {
  const what = `callback ${JSON.stringify(name)}`
  expectOptions(what, options, OPTIONS)
  const { timeout, heartbeatTimeout } = options
  const timeoutMs = timeout === undefined ? undefined : toMs(timeout, 'timeout')
  const heartbeatMs = heartbeatTimeout === undefined ? undefined : toMs(heartbeatTimeout, 'heartbeatTimeout')
  if (timeoutMs !== undefined && heartbeatMs !== undefined && heartbeatMs >= timeoutMs) {
    const message = `expected less than timeout (${timeoutMs} ms), which ends the wait first, got ${heartbeatMs} ms`
    throw new InvalidInput({ what, issues: [{ path: 'heartbeatTimeout', message }] })
  }
  return { timeoutMs, heartbeatMs }
}

async function open(run: Run, call: ReturnType<Run['call']>): Promise<LoadedOutcome> {
  const refused = await run.ready(call)
  if (refused !== undefined) return run.record(call, refused)
  const secret = run.ports.chance.token()
  // Through the codec, where there is one: a reader of the table could else answer in another's name.
  const { outcome, json } = await keep(run, call, secret)
  return run.record(call, outcome, {
    json,
    // The token is known to the store before the process can give it away.
    async write(entries) {
      await run.ports.journal.openCallback(call.position, secret)
      await run.ports.journal.commit(entries)
      return outcome
    },
  })
}

async function result(
  run: Run,
  opened: { name: string; position: number; times: Times; options: CallbackOptions },
): Promise<unknown> {
  run.sites.ask(result, run.atWork.open)
  const call = run.call('reply', opened.name)
  return deliverOutcome(run, call, await (run.recorded(call) ?? take(run, call, opened))) ?? null
}

async function take(
  run: Run,
  call: ReturnType<Run['call']>,
  { position, times, options }: { position: number; times: Times; options: CallbackOptions },
): Promise<LoadedOutcome> {
  const outcome = (await run.ready(call)) ?? (await waitFor(run, call, position, times))
  const { schema } = options
  if (schema === undefined || !outcome.ok) return run.record(call, outcome)
  return recordVerdict(run, call, schema, { outcome, payload: outcome.value, took: position })
}

/** Ends with the reply, with the timeout, or with a silence of `heartbeatMs`, whichever comes first. */
function waitFor(run: Run, call: ReturnType<Run['call']>, position: number, times: Times): Promise<Outcome> {
  const { clock, journal } = run.ports
  const begunAt = run.inbox.begun.get(call.position)?.at ?? clock.now()
  const endsAt = times.timeoutMs === undefined ? Number.POSITIVE_INFINITY : begunAt + times.timeoutMs
  let silentAt = times.heartbeatMs === undefined ? Number.POSITIVE_INFINITY : begunAt + times.heartbeatMs
  const within = times.timeoutMs === undefined ? 'in time' : `within ${inWords(times.timeoutMs)}`
  const noReply = () => timedOut(call.name, `no reply to callback ${JSON.stringify(call.name)} ${within}`)
  const dueAt = (): number | undefined => {
    const soonest = Math.min(endsAt, silentAt)
    return Number.isFinite(soonest) ? soonest : undefined
  }
  return run.wait(
    {
      call,
      takes: { kind: 'reply', what: position },
      dueAt,
      look: () => run.inbox.replies.get(position)?.outcome,
      async atDue() {
        if (clock.now() >= endsAt || times.heartbeatMs === undefined) return noReply()
        // Heartbeats touch nothing of the process: they are looked up when it would otherwise be given up.
        silentAt = Math.max(
          silentAt,
          ((await journal.lastHeartbeat(position)) ?? begunAt) + times.heartbeatMs,
        )
        return clock.now() >= silentAt ? timedOut(call.name, silent(call.name, times.heartbeatMs)) : undefined
      },
    },
    { begin: true },
  )
}

function silent(name: string, heartbeatMs: number): string {
  return `no sign of life from callback ${JSON.stringify(name)} within ${inWords(heartbeatMs)}`
}
