import type { ClaimRequest } from '../model/claim.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Registration } from '../model/registration.ts'
import type { ClaimReply } from '../registry/port.ts'
import type { WorkerParts } from './config.ts'
import { settleOrLeave } from './debts.ts'
import { segmentFacts } from './segment-facts.ts'
import type { SegmentOutcome } from './outcome.ts'
import { runSegment, type SegmentRun } from './segment.ts'

/** What came of taking a process up: how its segment ended, or why it was not claimed. */
export type TakeOutcome = SegmentOutcome | { readonly kind: 'not-claimed'; readonly reply: NotClaimed }
export type NotClaimed = Exclude<ClaimReply, { outcome: 'claimed' }>

/** Registers a process and runs a segment of it, if it can be claimed. Throws what `registry.start` throws. */
export async function takeNew(
  parts: WorkerParts,
  registration: Registration,
  run: SegmentRun,
): Promise<TakeOutcome> {
  const request = claimRequest(parts, run)
  return look(parts, registration.id, run, () =>
    parts.registry.start(registration, request, parts.clock.now()),
  )
}

/** Runs a segment of a process, if it can be claimed. Throws what `registry.claim` throws. */
export async function takeUp(parts: WorkerParts, id: ProcessId, run: SegmentRun): Promise<TakeOutcome> {
  const request = claimRequest(parts, run)
  return look(parts, id, run, () => parts.registry.claim(id, request, parts.clock.now()))
}

/** Every attempt claims under an incarnation of its own, so a second pass cannot walk into the first one's lease (C11). */
export function claimRequest(parts: WorkerParts, run: SegmentRun): ClaimRequest {
  const { ownerId, chance, leaseTtlMs } = parts
  const { hardAt } = run.execution
  return {
    ownerId,
    incarnation: chance.token(),
    token: chance.token(),
    ttlMs: leaseTtlMs,
    ...(hardAt === undefined ? {} : { hardAt }),
  }
}

/** A span for the look, and in it one for the claim and one for the segment. */
function look(
  parts: WorkerParts,
  id: ProcessId,
  run: SegmentRun,
  claim: () => Promise<ClaimReply>,
): Promise<TakeOutcome> {
  const { tracer } = parts
  return tracer.span('look', { id }, async (tell) => {
    const reply = await tracer.span('claim', { id }, async (tellClaim) => {
      const answer = await claim()
      tellClaim({ outcome: answer.outcome })
      return answer
    })
    const outcome = await go(parts, reply, run)
    tell({ outcome: outcome.kind })
    return outcome
  })
}

async function go(parts: WorkerParts, reply: ClaimReply, run: SegmentRun): Promise<TakeOutcome> {
  if (reply.outcome !== 'claimed') {
    if (reply.outcome === 'ended') await settleOrLeave(parts, reply.record)
    if (reply.outcome === 'busy') parts.telemetry.count('Busy', 1, { id: reply.lease.id })
    return { kind: 'not-claimed', reply }
  }
  const { lease } = reply.holding
  const last = reply.log.at(-1)
  const tookOver = last?.type === 'takeover' && last.fence === lease.fence
  parts.telemetry.count(tookOver ? 'TookOver' : 'Claimed', 1, segmentFacts(reply.holding))
  return parts.tracer.span('segment', segmentFacts(reply.holding), async (tell) => {
    const outcome = await runSegment(parts, reply, run)
    tell({ outcome: outcome.kind === 'ended' ? outcome.record.status : outcome.kind })
    return outcome
  })
}
