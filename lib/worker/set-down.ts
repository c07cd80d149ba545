import type { RunEffects } from '../effects/controller.ts'
import type { ParkRequest } from '../model/holding.ts'
import type { Entry } from '../model/log.ts'
import type { ProcessRecord, TerminalRecord } from '../model/record.ts'
import { interruptedEvidence } from '../model/recovery.ts'
import type { WorkerParts } from './config.ts'
import type { Hold } from './hold.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'

/** What a run leaves: the scope of one that is to be closed, or the last entries of one whose code has come to its end. */
export type Left = { readonly scope?: RunEffects | undefined; readonly entries?: readonly Entry[] }

type Down =
  | { readonly ended: TerminalRecord }
  | { readonly ended?: undefined; readonly parked: ProcessRecord | undefined }

/**
 * Whatever stops a run while its owner still holds the process ends here: this is the one place that decides what the stop
 * leaves (C62). The process is parked as `request` says, and another run continues it. If the stop interrupts something
 * that no entry holds, that run would do it a second time:
 *
 * - Recovery `rerun`: bodies run again, as they do after a crash. One that may run once has its beginning on record, and
 *   raises `StepInterrupted` instead.
 * - Recovery `abandon`: no other run may do that, so the process ends abandoned, with evidence.
 */
export async function setDown(
  parts: WorkerParts,
  hold: Hold,
  { scope, entries: left = [] }: Left,
  request: ParkRequest,
): Promise<Down> {
  if (scope === undefined) return { parked: await hold.park(left, request) }
  const entries = await scope.close('stopped')
  // Code that was just given an outcome asks for its next effect in the turn after, and is at rest then.
  await parts.clock.turn()
  const interrupted = scope.interrupted()
  if (hold.row.recovery !== 'abandon' || interrupted.length === 0)
    return { parked: await hold.park(entries, request) }
  const evidence = interruptedEvidence(hold.row, hold.lease, parts.clock.now())
  parts.telemetry.warn('ended abandoned: its run was stopped in the middle of what may not run twice', {
    ...segmentFacts(hold),
    interrupted: interrupted.join(', '),
  })
  return { ended: await hold.complete(entries, { outcome: 'abandoned', evidence }) }
}
