import type { ClaimRequest } from '../model/claim.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Registration } from '../model/registration.ts'
import type { ClaimReply } from '../registry/port.ts'
import type { WorkerParts } from './config.ts'
import { tryNotifyDependents } from './notifications.ts'
import { canClaim } from './execution.ts'
import { sayClaimed, sayEnded, segmentFacts } from '../telemetry/run-lines.ts'
import type { SegmentOutcome } from './execution.ts'
import { runSegment } from './segment.ts'
import { type SegmentRun } from './execution.ts'

/** What came of taking a process up: how its segment ended, or why it was not claimed. */
export type ClaimOutcome =
  | SegmentOutcome
  | { readonly kind: 'not-claimed'; readonly reply: NotClaimed }
  /** The host has no time left to begin anything. Nothing was asked of the registry. */
  | { readonly kind: 'no-time' }
export type NotClaimed = Exclude<ClaimReply, { outcome: 'claimed' }>

/**
 * What is done with a process that turns out to be a suspect: `run` it once this worker runs nothing else, or `leave` it to
 * a worker that has nothing else. `likely`: as `run`, but its row is read before it is claimed. `expect`: it was sent as
 * one, so it is claimed alone at once.
 */
export type Suspects = 'run' | 'leave' | 'likely' | 'expect'

/** Registers a process and runs a segment of it, if it can be claimed. Throws what `registry.start` throws. */
export function startAndRun(
  parts: WorkerParts,
  registration: Registration,
  run: SegmentRun,
  suspects: Suspects = 'run',
): Promise<ClaimOutcome> {
  return runClaimed(parts, { id: registration.id, suspects }, run, (request) =>
    parts.registry.start(registration, request, parts.clock.now()),
  )
}

/** Runs a segment of a process, if it can be claimed. Throws what `registry.claim` throws. */
export function claimAndRun(
  parts: WorkerParts,
  id: ProcessId,
  run: SegmentRun,
  suspects: Suspects = 'run',
): Promise<ClaimOutcome> {
  return runClaimed(parts, { id, suspects }, run, (request) =>
    parts.registry.claim(id, request, parts.clock.now()),
  )
}

type Claim = (request: ClaimRequest) => Promise<ClaimReply>
const NO_TIME: ClaimOutcome = { kind: 'no-time' }

/** Takes a place of the worker for as long as the claim and the segment last; none while the process waits (C56, C69). */
async function runClaimed(
  parts: WorkerParts,
  { id, suspects }: { readonly id: ProcessId; readonly suspects: Suspects },
  run: SegmentRun,
  claim: Claim,
): Promise<ClaimOutcome> {
  const { capacity } = parts
  if (suspects !== 'expect') {
    const ofSuspect = suspects === 'likely'
    const inCompany = () => claim({ ...claimRequest(parts, run), inCompany: true, ofSuspect })
    const outcome = await capacity.share(() => claimThenRun(parts, id, run, inCompany), run.hostSignal)
    if (outcome === undefined) return NO_TIME
    if (suspects === 'leave' || outcome.kind !== 'not-claimed' || outcome.reply.outcome !== 'suspect')
      return outcome
  }
  const outcome = await capacity.alone((place) => {
    const alone = { ...run, onProgress: () => place.endAlone() }
    return claimThenRun(parts, id, alone, () => claim({ ...claimRequest(parts, run), ofSuspect: true }))
  }, run.hostSignal)
  return outcome ?? NO_TIME
}

/** Every attempt claims under an attempt id of its own, so a second pass cannot walk into the first one's lease (C11). */
function claimRequest(parts: WorkerParts, run: SegmentRun): ClaimRequest {
  const { ownerId, chance, leaseTtlMs } = parts
  const { hardAt } = run.execution
  return {
    ownerId,
    attemptId: chance.token(),
    token: chance.token(),
    ttlMs: leaseTtlMs,
    ...(hardAt === undefined ? {} : { hardAt }),
  }
}

/** A span for the look, and in it one for the claim and one for the segment. Time may have run out before there was a place. */
async function claimThenRun(
  parts: WorkerParts,
  id: ProcessId,
  run: SegmentRun,
  claim: () => Promise<ClaimReply>,
): Promise<ClaimOutcome> {
  const { tracer } = parts
  if (!canClaim(parts, run)) return NO_TIME
  return tracer.span('look', { id }, async (tell) => {
    const reply = await tracer.span('claim', { id }, async (tellClaim) => {
      const answer = await claim()
      tellClaim({ outcome: answer.outcome })
      return answer
    })
    const outcome = await runReply(parts, reply, run)
    tell({ outcome: outcome.kind })
    return outcome
  })
}

async function runReply(parts: WorkerParts, reply: ClaimReply, run: SegmentRun): Promise<ClaimOutcome> {
  if (reply.outcome !== 'claimed') {
    if (reply.outcome === 'ended') {
      if (reply.fresh === true) sayEnded(parts.telemetry, reply.record)
      await tryNotifyDependents(parts, reply.record)
    }
    if (reply.outcome === 'busy') parts.telemetry.count('Busy', 1, { id: reply.lease.id })
    return { kind: 'not-claimed', reply }
  }
  const { lease } = reply.ownership
  const last = reply.log.at(-1)
  const takeover = last?.type === 'takeover' && last.fence === lease.fence ? last : undefined
  const facts = segmentFacts(reply.ownership)
  sayClaimed(parts.telemetry, { ...facts, owner: lease.ownerId }, reply.ownership.row, takeover)
  return parts.tracer.span('segment', facts, async (tell) => {
    const outcome = await runSegment(parts, reply, run)
    tell({ outcome: outcome.kind === 'ended' ? outcome.record.status : outcome.kind })
    return outcome
  })
}
