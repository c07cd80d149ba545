import type { EpochMs } from '../../model/clock.ts'
import { heeding, planPark, requestsAbsent, type Holding, type ParkRequest } from '../../model/holding.ts'
import type { Entry } from '../../model/log.ts'
import { inQueue } from '../codec/slots.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { attempts, type OwnerWrite } from './owner-writes.ts'
import type { ParkReply } from '../port.ts'

/**
 * Writes the last entries of a segment and gives the process up until it is due. Throws `LeaseLost`.
 *
 * 1. The owner decides to sleep for a month. 2. A client asks to cancel. The row is running, so the request leaves its due
 * time as it is and pokes the owner. 3. The owner parks before it reads the poke: no worker would look for a month.
 * So a park becomes due at once if the row holds a request that its owner has not seen, or if only the end is left to write.
 *
 * Two waits are refused instead, since the owner can continue at once: one for effects if an arrival has come that it has not
 * seen, and one for a slot if the process has come to the front of the queue meanwhile. The process that left the slot found
 * it running, and did not wake it.
 */
export async function park(
  ctx: Context,
  holding: Holding,
  entries: readonly Entry[],
  request: ParkRequest,
  now: EpochMs,
): Promise<ParkReply> {
  const { wait } = request
  const { id } = holding.lease
  const write: OwnerWrite = {
    operation: 'park',
    entries,
    leaves: ['waiting', 'stuck'],
    plan(held, roll) {
      const plan = planPark(held, entries, heeding(request, holding.row, held.row, now), roll)
      return { ...plan, expect: { ...plan.expect, absent: requestsAbsent(held.row) } }
    },
    ...(wait.for === 'slot' && wait.tries === undefined ? { beside: [inQueue(id, wait.key)] } : {}),
  }
  const attempt = attempts(ctx, holding, write)
  let held = holding
  return raced<ParkReply>({ id, operation: write.operation }, async () => {
    const attempted = await attempt(held)
    if (attempted.applied) return { parked: true, record: attempted.record }
    held = attempted.held
    const arrived = wait.for === 'effects' && held.row.seq !== holding.row.seq
    const cameToFront = attempted.beside.some((refusal) => refusal !== undefined)
    return arrived || cameToFront ? { parked: false, holding: held } : LOST_RACE
  })
}
