import { LeaseLost } from '../model/errors.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import { outOfTime } from './execution.ts'
import type { StandstillWatch } from '../host/standstill.ts'
import type { RunningSteps } from './run-watch.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'

/**
 * Keeps a lease alive until it is stopped: it renews each `renewEveryMs` and watches the expiry itself. So a renewal that
 * hangs, or a store that stays away, ends the run when the lease ends, not when the request does. Past
 * the expiry another owner may have the process already, and going on would only do its work twice.
 */
export function keepRenewed(
  parts: WorkerParts,
  owned: OwnedProcess,
  { steps, watch }: { steps: RunningSteps; watch: StandstillWatch },
): { stop(): void } {
  const { clock, telemetry, renewEveryMs } = parts
  let stopped = false
  let failure: unknown
  let setAt = watch.now()
  let cancelRenewal = clock.after(renewEveryMs, renew)
  let cancelExpiry = clock.after(owned.lease.expiresAt - clock.now(), expire)

  function renew(): void {
    watch.late(watch.now() - setAt - renewEveryMs, steps.current)
    void owned.renew(steps.current).then(renewed, failed)
  }

  function renewed(): void {
    failure = undefined
    again()
  }

  function failed(error: unknown): void {
    if (stopped || error instanceof LeaseLost) return
    failure = error
    telemetry.warn('a renewal failed; the next one may still come in time', {
      ...segmentFacts(owned),
      error: String(error),
    })
    again()
  }

  function again(): void {
    if (stopped) return
    setAt = watch.now()
    cancelRenewal = clock.after(renewEveryMs, renew)
  }

  function expire(): void {
    if (stopped) return
    const leftMs = owned.lease.expiresAt - clock.now()
    if (leftMs > 0) cancelExpiry = clock.after(leftMs, expire)
    else owned.lose(outOfTime(owned.lease, failure))
  }

  return {
    stop() {
      stopped = true
      cancelRenewal()
      cancelExpiry()
    },
  }
}
