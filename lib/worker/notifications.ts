import { NoLongerRetained, ProcessEnded, UnknownProcess } from '../model/errors.ts'
import { codeOf } from '../model/failure.ts'
import { isProcessId, type ProcessId } from '../model/ids.ts'
import type { LogEntry } from '../model/log.ts'
import type { TerminalRecord } from '../model/record.ts'
import type { OnParentEnd } from '../model/registration.ts'
import { PAGE_ROWS } from '../model/limits.ts'
import type { WorkerParts } from './config.ts'
import { sendWakeup, wakeUnlessRunning } from '../queue/wakeups.ts'

/**
 * Notifies the dependents of an ended process: its children by their policy (C33), the processes that wait for its place, its
 * parent. Each may be notified twice and counts it once, so all of it is safe to repeat. The row stays due until
 * the last line here: a worker that dies on the way leaves the rest to the sweep.
 */
async function notifyDependents(parts: WorkerParts, record: TerminalRecord): Promise<void> {
  if (record.pendingNotifications !== true) return
  if ((record.children ?? 0) > 0) {
    for (const child of childrenOf(await wholeLog(parts, record.id))) await notifyChild(parts, record, child)
  }
  if (record.concurrency !== undefined) {
    const woken = await parts.registry.leaveSlot(record.id, record.concurrency, parts.clock.now())
    for (const next of woken) await sendWakeup(parts, next)
  }
  if (record.parent !== undefined) await notifyParent(parts, record, record.parent.id)
  await parts.registry.dependentsNotified(record)
}

/** As `notifyDependents`, for callers whose own work is done: a failure is reported, and left to the sweep. */
export async function tryNotifyDependents(parts: WorkerParts, record: TerminalRecord): Promise<void> {
  try {
    await notifyDependents(parts, record)
  } catch (error) {
    const code = codeOf(error)
    parts.telemetry.error(
      'could not notify all dependents of an ended process; the sweep will retry',
      error,
      {
        id: record.id,
        code,
      },
    )
  }
}

type NotifiedChild = { readonly id: ProcessId; readonly onEnd: OnParentEnd }

/** The children that a log has the start of. Start and row are written together, so there are no others. */
function childrenOf(log: readonly LogEntry[]): readonly NotifiedChild[] {
  return log.flatMap((entry) => {
    if (entry.type !== 'effect' || entry.effect !== 'start' || !entry.outcome.ok) return []
    const { value } = entry.outcome
    const child = value !== undefined && 'value' in value ? value.value : undefined
    if (typeof child !== 'object' || child === null || Array.isArray(child) || !isProcessId(child.id))
      return []
    const { id, onEnd } = child
    return onEnd === 'cancel' || onEnd === 'abandon' || onEnd === 'leave' ? [{ id, onEnd }] : []
  })
}

async function notifyChild(parts: WorkerParts, parent: TerminalRecord, child: NotifiedChild): Promise<void> {
  if (child.onEnd === 'leave') return
  const request = { reason: `its parent ${parent.id} ended ${parent.status}`, by: parent.id }
  const now = parts.clock.now()
  try {
    const record =
      child.onEnd === 'cancel'
        ? await parts.registry.requestCancel(child.id, request, now)
        : await parts.registry.requestAbandon(child.id, request, now)
    await wakeUnlessRunning(parts, record)
  } catch (error) {
    // It has ended by itself, and may be gone already: there is nothing left to tell it.
    if (!GONE.some((Gone) => error instanceof Gone)) throw error
  }
}

const GONE = [ProcessEnded, UnknownProcess, NoLongerRetained]

async function notifyParent(parts: WorkerParts, record: TerminalRecord, parent: ProcessId): Promise<void> {
  const told = await parts.registry.childEnded(
    parent,
    { id: record.id, status: record.status },
    parts.clock.now(),
  )
  if (told?.wakes === true) await sendWakeup(parts, told.record)
}

async function wholeLog(parts: WorkerParts, id: ProcessId): Promise<readonly LogEntry[]> {
  const log: LogEntry[] = []
  for (;;) {
    const page = await parts.registry.eventsAfter(id, log.length, PAGE_ROWS * 100)
    if (page.length === 0) return log
    log.push(...page)
  }
}
