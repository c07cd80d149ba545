import { type Duration, toMs } from '../model/duration.ts'
import { InvalidInput } from '../model/errors.ts'
import type { EpochMs } from '../model/clock.ts'
import { INSTANT_MAX_MS } from '../model/limits.ts'
import type { Run } from './engine/run.ts'
import { finish, deliverOutcome } from './deliver.ts'
import { isDate } from '../model/realm.ts'

/** See `ProcessContext.sleep`. The moment of waking is fixed when the sleep begins, and recorded if it lasts. */
export async function sleep(run: Run, duration: Duration, name: string): Promise<void> {
  const ms = toMs(duration, 'a sleep')
  await sleepUntilDue(run, name, () => run.ports.clock.now() + ms)
}

/** See `ProcessContext.sleepUntil`. */
export async function sleepUntil(run: Run, at: EpochMs | Date, name: string): Promise<void> {
  const dueAt = instantOf(at)
  await sleepUntilDue(run, name, () => dueAt)
}

/** The epoch milliseconds of an instant. Throws `InvalidInput` on what is none, and on one that no date has. */
export function instantOf(at: EpochMs | Date): EpochMs {
  const ms = isDate(at) ? at.getTime() : at
  if (Number.isSafeInteger(ms) && Math.abs(ms) <= INSTANT_MAX_MS) return ms
  const message = `expected epoch milliseconds or a valid Date, got ${String(at)}`
  throw new InvalidInput({ what: 'sleepUntil', issues: [{ path: 'at', message }] })
}

async function sleepUntilDue(run: Run, name: string, until: () => EpochMs): Promise<void> {
  const call = run.call('sleep', name)
  const recorded = run.recorded(call)
  if (recorded !== undefined) return void deliverOutcome(run, call, await recorded)
  const refused = await run.ready(call)
  if (refused !== undefined) return void (await finish(run, call, refused))
  const dueAt = run.inbox.begun.get(call.position)?.dueAt ?? until()
  const wait = { call, dueAt: () => dueAt, look: () => undefined, atDue: () => ({ ok: true }) as const }
  await finish(
    run,
    call,
    dueAt <= run.ports.clock.now() ? { ok: true } : await run.wait(wait, { begin: true }),
  )
}
