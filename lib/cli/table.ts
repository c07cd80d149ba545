import { entry, type CommandEntry } from './command.ts'
import {
  ABANDON,
  CALLBACK_COMPLETE,
  CALLBACK_FAIL,
  CALLBACK_HEARTBEAT,
  CANCEL,
  RESUME,
  RETRY,
  SIGNAL,
  START,
} from './specs/asking.ts'
import { BULK_APPLY, BULK_CANCEL, BULK_RESUME, BULK_RETRY, BULK_SIGNAL } from './specs/bulk.ts'
import { COMPLETION } from './specs/completion.ts'
import { CONSOLE } from './specs/console.ts'
import { DEV } from './specs/dev.ts'
import { DLQ_DELETE, DLQ_LIST, DLQ_REDRIVE, DLQ_SHOW } from './specs/dlq.ts'
import { INIT } from './specs/init.ts'
import { ATTENTION, COUNT, DOCTOR, HEALTH, KINDS, SLOTS } from './specs/overview.ts'
import { HISTORY, LIST, LOG, REPLAY, RESULT, SHOW, TRACE } from './specs/looking.ts'

const asking = () => import('./commands/asking.ts')
const overview = () => import('./commands/overview.ts')
const dlq = () => import('./commands/dlq.ts')
const bulk = () => import('./commands/bulk.ts')

/** Every command, in the order of the help. */
export const TABLE: readonly CommandEntry[] = [
  entry(INIT, async () => (await import('./commands/init.ts')).init),
  entry(DEV, async () => (await import('./dev/dev.ts')).dev),
  entry(CONSOLE, async () => (await import('./commands/console.ts')).console),
  entry(LIST, async () => (await import('./commands/list.ts')).list),
  entry(ATTENTION, async () => (await overview()).attention),
  entry(COUNT, async () => (await overview()).count),
  entry(KINDS, async () => (await overview()).kinds),
  entry(SHOW, async () => (await import('./commands/show.ts')).show),
  entry(LOG, async () => (await import('./commands/log.ts')).log),
  entry(TRACE, async () => (await import('./commands/trace.ts')).trace),
  entry(RESULT, async () => (await import('./commands/result.ts')).result),
  entry(HISTORY, async () => (await import('./commands/history.ts')).history),
  entry(REPLAY, async () => (await import('./commands/replay.ts')).replay),
  entry(HEALTH, async () => (await import('./commands/health.ts')).health),
  entry(DOCTOR, async () => (await import('./commands/doctor.ts')).doctor),
  entry(SLOTS, async () => (await import('./commands/slots.ts')).slots),
  entry(START, async () => (await import('./commands/start.ts')).start),
  entry(SIGNAL, async () => (await asking()).signal),
  entry(CALLBACK_COMPLETE, async () => (await asking()).callbackComplete),
  entry(CALLBACK_FAIL, async () => (await asking()).callbackFail),
  entry(CALLBACK_HEARTBEAT, async () => (await asking()).callbackHeartbeat),
  entry(CANCEL, async () => (await asking()).cancel),
  entry(ABANDON, async () => (await asking()).abandon),
  entry(RESUME, async () => (await asking()).resume),
  entry(RETRY, async () => (await asking()).retry),
  entry(BULK_CANCEL, async () => (await bulk()).bulkCancel),
  entry(BULK_RESUME, async () => (await bulk()).bulkResume),
  entry(BULK_RETRY, async () => (await bulk()).bulkRetry),
  entry(BULK_SIGNAL, async () => (await bulk()).bulkSignal),
  entry(BULK_APPLY, async () => (await bulk()).bulkApply),
  entry(DLQ_LIST, async () => (await dlq()).dlqList),
  entry(DLQ_SHOW, async () => (await dlq()).dlqShow),
  entry(DLQ_REDRIVE, async () => (await dlq()).dlqRedrive),
  entry(DLQ_DELETE, async () => (await dlq()).dlqDelete),
  entry(COMPLETION, async () => (await import('./commands/completion.ts')).completion),
]
