import { ProcessStuck, UnknownProcess } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Output, ProcessRecord } from '../model/record.ts'
import type { Registration } from '../model/registration.ts'
import type { WorkerParts } from './config.ts'
import type { SegmentRun } from './segment.ts'
import { takeNew, takeUp, type NotClaimed, type TakeOutcome } from './take.ts'

/** Runs a process, segment after segment, until it has ended; waits where it is due later or another owner has it. */
export async function runToEnd(
  parts: WorkerParts,
  registration: Registration,
  run: SegmentRun,
): Promise<Output> {
  run.hostSignal?.throwIfAborted()
  let outcome = await takeNew(parts, registration, run)
  for (;;) {
    const next = whatNext(parts, registration.id, outcome)
    if (next.do === 'answer') return parts.registry.outputOf(next.record)
    if (next.do === 'throw') throw next.error
    run.hostSignal?.throwIfAborted()
    await pause(parts, next.waitMs, run.hostSignal)
    outcome = await takeUp(parts, registration.id, run)
  }
}

type Next =
  | { readonly do: 'answer'; readonly record: Extract<ProcessRecord, { output: unknown }> }
  | { readonly do: 'throw'; readonly error: Error }
  | { readonly do: 'again'; readonly waitMs: number }

function whatNext(parts: WorkerParts, id: ProcessId, outcome: TakeOutcome): Next {
  switch (outcome.kind) {
    case 'ended':
      return { do: 'answer', record: outcome.record }
    case 'stuck':
      return { do: 'throw', error: new ProcessStuck({ id, because: outcome.error.message }) }
    case 'let-go':
      return { do: 'throw', error: outcome.error }
    case 'handed-over':
      return { do: 'again', waitMs: 0 }
    case 'no-time':
    case 'lease-lost':
      return { do: 'again', waitMs: parts.watchEveryMs }
    case 'parked':
      return { do: 'again', waitMs: untilDue(parts, outcome.dueAt) }
    case 'not-claimed':
      return afterRefusal(parts, id, outcome.reply)
  }
}

function afterRefusal(parts: WorkerParts, id: ProcessId, reply: NotClaimed): Next {
  switch (reply.outcome) {
    case 'ended':
      return { do: 'answer', record: reply.record }
    case 'unknown':
      return { do: 'throw', error: new UnknownProcess({ id }) }
    case 'not-due':
      return { do: 'again', waitMs: untilDue(parts, reply.dueAt) }
    case 'suspect':
    case 'busy':
      return { do: 'again', waitMs: parts.watchEveryMs }
    case 'refused':
      // A stuck process needs a deploy and a resume: waiting here would wait for a person.
      return reply.because === 'stuck'
        ? { do: 'throw', error: new ProcessStuck({ id }) }
        : { do: 'again', waitMs: parts.watchEveryMs }
  }
}

/** A wait is cut into looks, since a signal, a cancel or another owner may move the process meanwhile. */
function untilDue(parts: WorkerParts, dueAt: number | undefined): number {
  const leftMs = dueAt === undefined ? parts.watchEveryMs : dueAt - parts.clock.now()
  return Math.min(Math.max(0, leftMs), parts.watchEveryMs)
}

/** Settles after `waitMs`, or throws the signal's reason as soon as it fires. */
function pause(parts: WorkerParts, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = parts.clock.after(waitMs, resolve)
  const onAbort = (): void => {
    cancel()
    reject(signal?.reason)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return promise.finally(() => signal?.removeEventListener('abort', onAbort))
}
