import pMap from 'p-map'
import type { Clock } from '../model/clock.ts'
import { wakeSourceOf } from '../model/due.ts'
import type { ProcessId } from '../model/ids.ts'
import { isTerminal } from '../model/record.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { tellBreach } from '../telemetry/breach.ts'
import type { Telemetry } from '../telemetry/port.ts'

/** Records read at once. */
const READS_AT_ONCE = 8

export type AuditReport = {
  /** Open processes that were looked at. */
  readonly open: number
  /** Those that nothing keeps from being forgotten. There should be none, ever. */
  readonly breaches: readonly ProcessId[]
}

/**
 * Looks at every open process of a kind or scope and counts those that are neither leased, nor due at some time, nor
 * waiting for a named outside event (C52). It is a check of this library, not a part of recovery: it reads one page of
 * the list index for each hundred processes and one item for each open one, and writes nothing.
 */
export async function audit(
  parts: { readonly registry: ProcessRegistry; readonly clock: Clock; readonly telemetry: Telemetry },
  where: { readonly kind: string } | { readonly scope: string },
): Promise<AuditReport> {
  const { registry, clock, telemetry } = parts
  let open = 0
  const breaches: ProcessId[] = []
  let cursor: string | undefined
  do {
    const page = await registry.list({ ...where, ...(cursor === undefined ? {} : { cursor }) })
    const ids = page.items.filter((item) => !isTerminal(item.status)).map((item) => item.id)
    const records = await pMap(ids, (id) => registry.get(id), { concurrency: READS_AT_ONCE })
    for (const record of records) {
      const keeper = record === undefined ? 'ended' : wakeSourceOf(record, undefined, clock.now())
      if (keeper === 'ended' || record === undefined) continue
      open += 1
      if (keeper === 'breach') breaches.push(record.id)
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  for (const id of breaches) tellBreach(telemetry, id)
  return { open, breaches }
}
