import { setTimeout as pause } from 'node:timers/promises'
import { safeParse } from 'valibot'
import { ChunkDone } from './import-csv.ts'
import type { ProcessId } from '../../lib/model/ids.ts'
import type { LogEntry } from '../../lib/model/log.ts'
import { isEnded, type Output, type ProcessRecord } from '../../lib/model/record.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { shown, type Done, type Progress } from './progress.ts'

/** Often enough to look alive, and one small read each time. */
const LOOK_EVERY_MS = 200

/** How the import came out, as its record says. */
export type Followed =
  | { readonly kind: 'ended'; readonly output: Output; readonly takeovers: number }
  | { readonly kind: 'stuck'; readonly reason: string }

/**
 * Shows an import as its log grows, until it ends or can only continue with help. The output shows what is durable: a
 * chunk counts once its step is recorded, not when its rows are written.
 */
export async function follow(
  registry: ProcessRegistry,
  import_: { id: ProcessId; pids: () => readonly number[] },
  progress: Progress,
): Promise<Followed> {
  const { id, pids } = import_
  let [seen, takeovers] = [0, 0]
  let done: Done = { bytes: 0, rows: 0 }
  for (;;) {
    const record = await registry.get(id)
    const news = record === undefined || record.seq === seen ? [] : await newEntries(registry, record, seen)
    for (const entry of news) {
      seen = entry.seq
      done = after(done, entry)
      if (entry.type !== 'takeover') continue
      takeovers += 1
      progress.say(
        `its worker is gone: another took over after row ${shown(done.rows)} (fence ${entry.fence})`,
      )
    }
    const ended = record !== undefined && isEnded(record)
    progress.at(done, ended ? undefined : pids())
    if (ended) return { kind: 'ended', output: await registry.outputOf(record), takeovers }
    if (record?.status === 'stuck') return { kind: 'stuck', reason: reasonOf(record) }
    await pause(LOOK_EVERY_MS)
  }
}

async function newEntries(
  registry: ProcessRegistry,
  record: ProcessRecord,
  seen: number,
): Promise<LogEntry[]> {
  const all: LogEntry[] = []
  for (let from = seen; from < record.seq; from = all.at(-1)?.seq ?? record.seq) {
    const page = await registry.eventsAfter(record.id, from)
    if (page.length === 0) break
    all.push(...page)
  }
  return all
}

function after(done: Done, entry: LogEntry): Done {
  if (entry.type !== 'effect' || !entry.outcome.ok || entry.outcome.value === undefined) return done
  // The first step's outcome is another one, and may be stored by reference.
  const value = 'value' in entry.outcome.value ? entry.outcome.value.value : undefined
  const chunk = safeParse(ChunkDone, value)
  if (!chunk.success) return done
  return { bytes: chunk.output.nextOffset, rows: done.rows + chunk.output.rows }
}

function reasonOf(record: ProcessRecord): string {
  const wait = 'wait' in record ? record.wait : undefined
  return wait?.for === 'resume' ? wait.error.message : 'it continues only after an operator resumes it'
}
