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
 * Sets the expiry of an input that no row refers to. A big input is put before its row, since no worker could run a row
 * without it. If the row is then refused, nothing else would ever remove the input:
 *
 *   1. P ends, and its input gets an expiry. 2. SQS delivers the message that started P once more: the worker puts the input
 *   again, without an expiry. 3. The row refuses the start, since P has ended.
 *
 * The same holds for a repeated start whose schema made another value of the same input: the row keeps the first one.
 *
 * `found` is the row that refused the start; undefined if no row can be registered for this start any more. The expiry is set
 * in one transaction with the check of that row, so an input of a running process never expires.
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
