import type { EpochMs } from '../../model/clock.ts'
import { COMPANIONS_KEPT_MS } from '../../model/limits.ts'
import { isEnded, TERMINAL_STATUSES, type ProcessRecord, type ProcessRow } from '../../model/record.ts'
import { companionsKeptUntil } from '../../model/retention.ts'
import { processKey } from '../codec/keys.ts'
import { INPUT_REFERENCE, ROW } from '../codec/rows.ts'
import { stamp } from '../codec/stamp.ts'
import type { Guard } from '../store/store.ts'
import { TABLE } from '../table.ts'
import type { Context } from './context.ts'
import { itemOf } from './payloads.ts'

/**
 * A big input is put before the row is, since a row without it could not be run. Where the row is refused then, the input
 * is nobody's, and nothing else would ever remove it:
 *
 *   1. P ends, and its input is given its time to go. 2. The message that started P comes once more: the input is put
 *   again, and has no time any more. 3. The row says that P has ended.
 *
 * So is the input of a repeated start whose schema made something else of the same value: the row keeps the first.
 *
 * `found` is what refused the row; undefined where nothing can be registered under the id by this registration any more.
 * The stamp stands or falls with that, so that it never meets the input of a process that runs.
 */
export async function letInputGo(
  ctx: Context,
  asked: Pick<ProcessRow, 'id' | 'input'>,
  found: ProcessRecord | undefined,
  now: EpochMs,
): Promise<void> {
  const key = itemOf(asked.id, asked.input)
  if (key === undefined || !('ref' in asked.input)) return
  const { ref } = asked.input
  const same = found !== undefined && 'ref' in found.input && found.input.ref === ref
  if (same && !isEnded(found)) return
  const until = same && isEnded(found) ? companionsKeptUntil(found) : now + COMPANIONS_KEPT_MS
  const is = { attr: INPUT_REFERENCE, is: ref } as const
  const isOther = { attr: INPUT_REFERENCE, not: ref } as const
  const hasEnded = { attr: ROW.status.attr, in: TERMINAL_STATUSES } as const
  const isThere = { attr: TABLE.partitionKey.name, is: key.pk } as const
  const when: Guard = same
    ? { all: [is, hasEnded] }
    : found === undefined
      ? isOther
      : { all: [isThere, isOther] }
  await ctx.store.transact([{ do: 'check', key: processKey(asked.id), when }, stamp(key, until)])
}
