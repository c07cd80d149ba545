import type { LogEntry } from '../../../model/log.ts'
import type { ProcessView } from '../../../client/processes.ts'
import { WAITING_EFFECTS } from './timeline.ts'

// When a process ran, waited, or was held by a dead worker. The log has no entry of each claim and park, so this follows
// from the gaps between its entries. If a sleep, a signal, a reply or a child ends a gap, the code waits in it. Else it runs.

type SegmentKind = 'queued' | 'running' | 'waiting' | 'lost' | 'stuck'
export type Segment = {
  readonly kind: SegmentKind
  readonly from: number
  readonly to: number
  /** Of a running or lost one, as far as the log or the lease names it. */
  readonly owner?: string
  /** What it waits for. */
  readonly why?: string
}

/** What the segments need of a process. A history that was dropped has less of it than a view. */
export type SegmentView = Pick<ProcessView, 'status'> &
  Partial<Pick<ProcessView, 'createdAt' | 'startedAt' | 'endedAt' | 'startAt' | 'wait' | 'lease'>>

type OwnEntry = Extract<LogEntry, { type: 'effect' | 'begin' | 'attempt' }>

/** The segments of a process in order, up to its end or to `now`. */
export function segmentsOf(entries: readonly LogEntry[], view: SegmentView, now: number): readonly Segment[] {
  const first = entries[0]?.at
  const createdAt = view.createdAt ?? first ?? now
  const startedAt = view.startedAt ?? (view.status === 'pending' ? undefined : (first ?? createdAt))
  const segments: Segment[] = []
  if (startedAt === undefined) {
    push(segments, { kind: 'queued', from: createdAt, to: view.endedAt ?? now })
    return segments
  }
  push(segments, { kind: 'queued', from: createdAt, to: startedAt })
  const last = pastSegments(segments, entries, startedAt)
  for (const segment of openSegments(last, view, now)) push(segments, segment)
  return nameOwners(merged(segments), entries, view)
}

/** Everything up to the newest entry of its own, a take-over or the end. Returns where that leaves off. */
function pastSegments(segments: Segment[], entries: readonly LogEntry[], startedAt: number): number {
  let from = startedAt
  let retry: OwnEntry | undefined
  for (const [index, entry] of entries.entries()) {
    if (entry.type === 'takeover') {
      const alive = Math.min(entry.at, Math.max(from, entry.step?.since ?? from))
      push(segments, { kind: 'running', from, to: alive, owner: entry.from })
      push(segments, { kind: 'lost', from: alive, to: entry.at, owner: entry.from })
      from = entry.at
    } else if (isOwn(entry) || entry.type === 'end') {
      const waited = isOwn(entry) ? waitedFor(entry, retry) : undefined
      if (waited === undefined) push(segments, { kind: 'running', from, to: entry.at })
      else {
        const until = Math.min(entry.at, Math.max(from, wokenAt(entries, index, from, waited.until)))
        push(segments, { kind: 'waiting', from, to: until, why: waited.why })
        push(segments, { kind: 'running', from: until, to: entry.at })
      }
      from = Math.max(from, entry.at)
      retry = entry.type === 'attempt' ? entry : undefined
    } else if (entry.type === 'resume') {
      push(segments, { kind: 'stuck', from, to: entry.at })
      from = entry.at
    }
  }
  return from
}

function waitedFor(
  entry: OwnEntry,
  retry: OwnEntry | undefined,
): { readonly why: string; readonly until?: number } | undefined {
  if (entry.type === 'effect' && WAITING_EFFECTS.has(entry.effect))
    return { why: `${entry.effect} ${entry.name}` }
  if (retry?.type === 'attempt' && retry.position === entry.position)
    return { why: `next attempt of ${retry.name}`, until: retry.dueAt }
  return undefined
}

/** When a wait was over: at a known time, or when the first arrival came in its gap; else with its outcome. */
function wokenAt(
  entries: readonly LogEntry[],
  index: number,
  from: number,
  until: number | undefined,
): number {
  if (until !== undefined) return until
  let woken = entries[index]?.at ?? from
  for (let at = index - 1; at >= 0; at -= 1) {
    const entry = entries[at]
    if (entry === undefined || isOwn(entry) || entry.at < from) break
    if (entry.type === 'signal' || entry.type === 'reply' || entry.type === 'child') woken = entry.at
  }
  return woken
}

/** From the newest entry to now, by what the row says. */
function openSegments(last: number, view: SegmentView, now: number): readonly Segment[] {
  const { status, wait, endedAt, lease } = view
  if (status === 'running') {
    const claimedAt = Math.min(now, Math.max(last, lease?.claimedAt ?? last))
    const owner = lease === undefined ? {} : { owner: lease.ownerId }
    const lostAt = lease === undefined ? now : Math.min(now, Math.max(claimedAt, lease.expiresAt))
    return [
      { kind: 'waiting', from: last, to: claimedAt, why: 'a worker' },
      { kind: 'running', from: claimedAt, to: lostAt, ...owner },
      { kind: 'lost', from: lostAt, to: now, ...owner },
    ]
  }
  if (status === 'waiting' || status === 'stuck') {
    const since = Math.min(now, Math.max(last, wait?.since ?? last))
    const kind = status === 'stuck' ? 'stuck' : 'waiting'
    return [
      { kind: 'running', from: last, to: since },
      { kind, from: since, to: now },
    ]
  }
  return endedAt === undefined ? [] : [{ kind: 'running', from: last, to: Math.max(last, endedAt) }]
}

function push(segments: Segment[], segment: Segment): void {
  if (segment.to > segment.from) segments.push(segment)
}

/** Neighbours of one kind as one. */
function merged(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = []
  for (const segment of segments) {
    const before = out.at(-1)
    const same =
      before !== undefined &&
      before.kind === segment.kind &&
      before.why === segment.why &&
      before.to === segment.from &&
      (before.owner === segment.owner || (segment.kind === 'running' && before.owner === undefined))
    if (same) out[out.length - 1] = { ...segment, from: before.from }
    else out.push(segment)
  }
  return out
}

/**
 * A take-over names the worker before and after it. The running part that a take-over begins is held by the new owner; the
 * part that lasts until now by the holder of the lease.
 */
function nameOwners(segments: Segment[], entries: readonly LogEntry[], view: SegmentView): Segment[] {
  const takers = new Map(
    entries.flatMap((entry) => (entry.type === 'takeover' ? [[entry.at, entry.to] as const] : [])),
  )
  let owner: string | undefined
  return segments.map((segment) => {
    owner = takers.get(segment.from) ?? (segment.kind === 'running' ? owner : undefined)
    const named = segment.owner ?? (segment.kind === 'running' ? owner : undefined)
    owner = named
    const why =
      segment.kind === 'waiting' && segment.why === undefined && view.wait !== undefined
        ? waitTitle(view.wait)
        : segment.why
    return {
      ...segment,
      ...(named === undefined ? {} : { owner: named }),
      ...(why === undefined ? {} : { why }),
    }
  })
}

function waitTitle(wait: NonNullable<SegmentView['wait']>): string {
  switch (wait.for) {
    case 'effects':
      return wait.on.join(', ')
    case 'slot':
      return `a slot of ${wait.key}`
    case 'undeployed':
      return `a worker with the kind ${wait.kind}`
    case 'external':
      return 'an external system'
    case 'resume':
      return 'an operator'
    case 'worker':
      return 'a worker'
  }
}

function isOwn(entry: LogEntry): entry is OwnEntry {
  return entry.type === 'effect' || entry.type === 'begin' || entry.type === 'attempt'
}
