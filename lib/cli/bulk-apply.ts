import pMap from 'p-map'
import type { Clock } from '../model/clock.ts'
import { LeaseholdError } from '../model/errors.ts'
import { pause } from '../client/following.ts'
import type { ProcessView } from '../client/processes.ts'
import { EXIT, exitOf } from './exit.ts'
import type { Session } from './session.ts'
import type { BulkPlan, BulkResult } from './bulk-plan.ts'

/** More at once would not be faster than the rate, and would burst. */
const AT_ONCE_MAX = 16

export type ApplyParts = {
  readonly call: Session['call']
  readonly clock: Clock
  readonly settled: ReadonlySet<string>
  /** Processes a second, at most. */
  readonly rate: number
  readonly signal: AbortSignal
  /** Is written before the next begins. */
  readonly done: (done: BulkResult) => void
}

/**
 * Applies a plan to each id that is not settled. A kill in the middle repeats at most the requests that were under way, and
 * each of them counts once: the same cancel, the same signal by its key, a retry under the same id. Throws on lacking
 * rights, since they lack for all.
 */
export async function applyPlan(plan: BulkPlan, parts: ApplyParts): Promise<void> {
  const { clock, rate, signal, settled, done } = parts
  const left = plan.items.filter(({ id }) => !settled.has(id))
  let next = clock.now()
  await pMap(
    left,
    async ({ id }) => {
      const at = (next = Math.max(next, clock.now()) + 1_000 / rate) - 1_000 / rate
      await pause(clock, at - clock.now(), signal)
      if (!signal.aborted) done(await applyOne(plan, id, parts))
    },
    { concurrency: Math.min(AT_ONCE_MAX, rate) },
  )
}

async function applyOne(plan: BulkPlan, id: string, { call }: ApplyParts): Promise<BulkResult> {
  try {
    const { body } = await call({ method: 'GET', path: `/v1/processes/${id}` })
    const { status } = body as ProcessView
    if (!plan.statuses.includes(status)) return { id, did: 'skipped', why: `it is ${status} now` }
    const what = plan.action === 'signal' ? 'signals' : plan.action
    await call({ method: 'POST', path: `/v1/processes/${id}/${what}`, body: plan.body })
    return { id, did: 'applied' }
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error
    const exit = exitOf(error.code)
    if (exit === EXIT.rights) throw error
    // Between the look and the request it moved after all.
    const moved = exit === EXIT.refused || exit === EXIT.unknown
    return { id, did: moved ? 'skipped' : 'failed', why: error.message }
  }
}
