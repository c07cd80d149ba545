import { titleOf, type EffectCall } from '../../model/replay.ts'
import type { RunPorts } from '../controller.ts'
import type { AtWork } from './at-work.ts'
import type { Sites } from './sites.ts'

/** Effects that one line names. */
const NAMED_MAX = 20

/**
 * Reports effects that the code asked for and returned without: their outcomes are recorded nowhere. A wait that lost a race
 * has lost nothing, so a run that leaves only waits is reported at the level `info`.
 */
export function reportUnawaited(
  ports: Pick<RunPorts, 'say' | 'warn' | 'placeOf'>,
  { sites, atWork }: { readonly sites: Sites; readonly atWork: AtWork },
  { busy, waits }: { readonly busy: readonly EffectCall[]; readonly waits: readonly EffectCall[] },
): void {
  const open = [...busy, ...waits]
  if (open.length === 0) return
  const effects = open.slice(0, NAMED_MAX).map((call) => {
    const place = ports.placeOf(sites.of(call))
    const at = place === undefined ? '' : ` at ${place}`
    return `${titleOf(call)}${at}: ${waits.includes(call) ? 'nothing waits for it' : lost(call, atWork)}`
  })
  const facts = { effects, ...(open.length > NAMED_MAX && { more: open.length - NAMED_MAX }) }
  if (busy.length === 0)
    ports.say(
      'the run ended while it waited for effects that it did not await; await those that matter',
      facts,
    )
  else ports.warn('the run ended without the outcome of effects that it did not await; await each', facts)
}

function lost(call: EffectCall, atWork: AtWork): string {
  if (call.effect !== 'step') return 'it may not be done'
  return atWork.has(call.position) ? 'its body began, and its outcome is lost' : 'its body did not begin'
}
