import type { Clock } from '../model/clock.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { SweepPass } from './sweep.ts'

/** Leaves a note of a pass for operators. A pass whose note fails has done its work all the same. */
export async function noteOf(
  parts: {
    readonly registry: Pick<ProcessRegistry, 'noteSweep'>
    readonly clock: Clock
    readonly telemetry: Pick<Telemetry, 'error'>
    readonly everyMs: number
  },
  pass: SweepPass,
): Promise<void> {
  const { registry, clock, telemetry, everyMs } = parts
  try {
    await registry.noteSweep({ ...pass, at: clock.now(), everyMs })
  } catch (error) {
    telemetry.error('the note of a pass was not written; GET /v1/health shows an earlier pass', error)
  }
}
