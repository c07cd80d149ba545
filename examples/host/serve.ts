import { setTimeout as pause } from 'node:timers/promises'
import type { DurableProcessWorker } from '../../lib/worker/worker.ts'

/** A host that finds nothing to do looks again after this. */
const REST_MS = 1_000

// #region serve
/**
 * Runs processes until `stop` fires. Then it claims nothing more, and gives the bodies at work `graceMs` to finish; what is
 * still at work after that is handed over, or ends abandoned.
 */
export async function serve(
  worker: DurableProcessWorker,
  { stop, graceMs }: { readonly stop: AbortSignal; readonly graceMs: number },
): Promise<void> {
  const shutdown = new AbortController()
  const endOfGrace = (): void => {
    setTimeout(() => shutdown.abort(stop.reason), graceMs).unref()
  }
  stop.addEventListener('abort', endOfGrace, { once: true })
  const execution = {
    // With no time left a run hands over between two effects, and a pass claims nothing.
    remainingMs: () => (stop.aborted ? 0 : Number.POSITIVE_INFINITY),
    shutdownSignal: shutdown.signal,
  }
  while (!stop.aborted) {
    await worker.drivePendingProcesses(execution, { until: 'idle' })
    await pause(REST_MS)
  }
}
// #endregion
