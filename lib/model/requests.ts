import type { EpochMs } from './clock.ts'
import { CompletionRefused, ProcessEnded } from './errors.ts'
import { isEnded, type ProcessRecord } from './record.ts'
import { mayMove, FROM } from './transitions.ts'
import type { Plan } from './writes.ts'

/** What someone outside asks of a process: cancel it, or give it up for lost. */
export type OutsideRequest = { readonly reason: string; readonly by?: string }
export type RequestKind = 'cancel' | 'abandon'

/**
 * Records a standing request as one entry (C29). It is sent without reading the row: it is refused where one of its
 * kind stands already, or the process has ended. A parked or pending process becomes due at once, so that a worker
 * looks at it even if the doorbell that follows is lost; the due time of a running one is left alone, since its
 * owner learns of the request from the poke.
 */
export function planRequest(
  kind: RequestKind,
  request: OutsideRequest,
  now: EpochMs,
  status: 'running' | 'other',
): Plan {
  const entry = {
    type: kind,
    at: now,
    reason: request.reason,
    ...(request.by === undefined ? {} : { by: request.by }),
  } as const
  const standing = {
    at: now,
    reason: request.reason,
    ...(request.by === undefined ? {} : { by: request.by }),
  }
  return {
    expect: {
      statusIn: status === 'running' ? ['running'] : FROM.request.filter((from) => from !== 'running'),
      absent: [kind],
    },
    change: {
      set: { [kind]: standing, ...(status === 'running' ? {} : { dueAt: now, belled: true }) },
      add: { seq: 1 },
      append: [entry],
    },
  }
}

/** How a refused request is answered. `standing`: the same was asked before, nothing more is to be written. */
export function readRequestRefusal(kind: RequestKind, record: ProcessRecord): 'standing' | 'other-status' {
  if (isEnded(record)) throw new ProcessEnded({ id: record.id, status: record.status, asked: kind })
  return record[kind] === undefined && mayMove('request', record.status) ? 'other-status' : 'standing'
}

/** May a completion from outside be written? Throws what it is refused with (C22). */
export function expectCompletable(record: ProcessRecord, tokenHash: string): void {
  if (record.recovery !== 'external') throw new CompletionRefused({ id: record.id, because: 'disposition' })
  if (record.completionHash !== tokenHash) throw new CompletionRefused({ id: record.id, because: 'token' })
}
