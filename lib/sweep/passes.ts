import type { Clock } from '../model/clock.ts'
import { PASS_MARGIN_MS } from '../model/limits.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { SweepPass } from './sweep.ts'

export type PassesOptions = {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly everyMs: number
  /** No pass begins this long after the first or later: the next invocation makes it. */
  readonly forMs: number
  /** How much of the invocation is left. */
  readonly remainingMs: () => number
}

/**
 * Makes one pass at once, and further ones every `everyMs` from there, on the clock. A pass that takes longer than the
 * interval costs those it overran, and never runs beside another. One that fails does not end the others; the first
 * failure is thrown at the end, so that the invocation counts as failed.
 */
export async function passes(
  pass: () => Promise<SweepPass>,
  { clock, telemetry, everyMs, forMs, remainingMs }: PassesOptions,
): Promise<readonly SweepPass[]> {
  const startedAt = clock.now()
  const made: SweepPass[] = []
  const failures: unknown[] = []
  for (;;) {
    try {
      made.push(await pass())
    } catch (error) {
      failures.push(error)
      telemetry.error('a pass of the sweep failed; the next one looks again', error)
    }
    const now = clock.now()
    const dueAt = startedAt + (Math.floor((now - startedAt) / everyMs) + 1) * everyMs
    const beyond = dueAt >= startedAt + forMs || dueAt - now > remainingMs() - PASS_MARGIN_MS
    if (beyond) break
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.after(dueAt - now, resolve)
    await promise
  }
  if (failures.length > 0) throw failures[0]
  return made
}
