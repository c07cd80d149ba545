import type { Entry } from '../model/log.ts'
import type { ProcessRow, TerminalRecord, TerminalStatus, Wait } from '../model/record.ts'
import type { Ownership, RunningRecord } from '../model/ownership.ts'
import type { CountName } from './metrics.ts'
import type { Telemetry } from './port.ts'

// The lines that tell the life of a process: one for each claim, take-over, park and end. They cost no request.

/** What every line of a segment's log says. A claim makes an attempt id and a fence, so either names the segment. */
export type SegmentFacts = {
  readonly id: string
  readonly kind: string
  readonly fence: number
  readonly segment: string
}

export function segmentFacts({ lease, row }: Ownership): SegmentFacts {
  return { id: row.id, kind: row.kind, fence: lease.fence, segment: lease.attemptId }
}

/** `diedAlone`: how many workers died while they ran this process and nothing else. The first death may be another's doing. */
export function sayClaimed(
  telemetry: Telemetry,
  facts: SegmentFacts & { readonly owner: string },
  { stalls }: RunningRecord,
  takeover: Extract<Entry, { type: 'takeover' }> | undefined,
): void {
  telemetry.count(takeover === undefined ? 'Claimed' : 'TookOver', 1, facts)
  if (takeover === undefined) return telemetry.info('claimed', facts)
  if (stalls > 0) telemetry.count('DiedAlone', 1, facts)
  const { from, step } = takeover
  telemetry.warn('its worker died; it runs alone until it makes progress', {
    ...facts,
    from,
    diedAlone: stalls,
    ...(step !== undefined && { step: step.name, attempt: step.attempt, since: step.since }),
  })
}

/** A failed attempt is counted once it is recorded: a run that dies before has it counted by the next. */
export function countRetries(telemetry: Telemetry, facts: SegmentFacts, entries: readonly Entry[]): void {
  const retries = entries.filter(({ type }) => type === 'attempt').length
  if (retries > 0) telemetry.count('StepRetried', retries, facts)
}

/** A park that waits for people has a line of its own, of level `ERROR`, with the reason. */
export function sayParked(telemetry: Telemetry, facts: SegmentFacts, { wait, dueAt }: ProcessRow): void {
  if (wait === undefined || wait.for === 'resume') return
  const until = dueAt === undefined ? {} : { until: dueAt }
  if (wait.for === 'worker') telemetry.info('handed over', facts)
  else telemetry.info('parked', { ...facts, waitsFor: [...waitsFor(wait)], ...until })
}

/** `run`: the facts of the run that ended it. A claim ends a process that no run may continue. */
export function sayEnded(telemetry: Telemetry, record: TerminalRecord, run?: SegmentFacts): void {
  const { id, kind, status, fence, output, createdAt, endedAt } = record
  const facts = run ?? { id, kind, fence }
  const tookMs = Math.max(0, endedAt - createdAt)
  telemetry.measure('EndToEnd', tookMs, facts)
  telemetry.count(END_METRIC[status], 1, facts)
  const code = output.outcome === 'failure' ? { code: output.error.code } : {}
  telemetry.info('ended', { ...facts, status, ...code, tookMs, claims: fence })
}

const END_METRIC = {
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  abandoned: 'Abandoned',
} as const satisfies Record<TerminalStatus, CountName>

function waitsFor(wait: Exclude<Wait, { for: 'worker' | 'resume' }>): readonly string[] {
  switch (wait.for) {
    case 'effects':
      return wait.on
    case 'slot':
      return [`a place under the concurrency key ${wait.key}`]
    case 'undeployed':
      return [`a deploy of kind ${wait.kind}`]
    case 'external':
      return ['its completion from outside']
  }
}
