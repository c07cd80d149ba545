import type { EpochMs } from '../../model/clock.ts'
import { KeyConflict } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { SIGNAL_NAME_MAX } from '../../model/limits.ts'
import { appendArrival, keepArrivalValue, refused } from './append.ts'
import { contentHash, readOnce, takeKey } from '../codec/once.ts'
import type { Context } from './context.ts'
import type { Arrival, SignalRequest } from '../port.ts'

/** Appends a signal, once by its key (C26, C38). The key counts for the process, whatever the signal's name. */
export async function signal(
  ctx: Context,
  id: ProcessId,
  sent: SignalRequest,
  now: EpochMs,
): Promise<Arrival> {
  const { name, key } = sent
  const asked = 'a signal'
  for (const [what, text] of Object.entries({ name, key })) {
    if (text.length < 1 || text.length > SIGNAL_NAME_MAX)
      throw refused(id, asked, `its ${what} has ${text.length} characters, expected 1 to ${SIGNAL_NAME_MAX}`)
    // Stored as UTF-8, half a character becomes another one, and no wait would be for that name.
    if (!text.isWellFormed()) throw refused(id, asked, `its ${what} holds half a character`)
  }
  const what = `signal ${JSON.stringify(name)}`
  const payload = await keepArrivalValue(ctx, id, sent.payload, { asked, what })
  const content = contentHash({ name, payload: sent.payload })
  return appendArrival(
    ctx,
    {
      id,
      asked,
      entry: { type: 'signal', at: now, name, key, payload },
      once: takeKey(id, key, content),
      saidBefore(found) {
        if (found === undefined || readOnce(found).content !== content) throw new KeyConflict({ id, key })
        return true
      },
    },
    now,
  )
}
