import type { ProcessContext } from '../../lib/effects/context.ts'

/** Undoes one thing that was done. It must do no harm where that thing was never done, or is undone already. */
export type Compensation = () => Promise<unknown>

/**
 * Runs a section whose parts can be undone, and undoes them, last first, where it fails or the process is cancelled.
 * The list of what to undo is plain memory: a re-run builds it again, since it gets the same outcomes again.
 *
 * A part names its compensation before it begins, not after it succeeds: a call that timed out, or that a cancel cut
 * short, may have been carried out all the same. The compensations run shielded, so a cancel does not end them too, and
 * each is tried even where one before it failed.
 *
 * Throws what the section threw; where something could not be undone, an `AggregateError` of all that went wrong.
 */
export async function saga<T>(
  context: ProcessContext,
  section: (undo: (compensation: Compensation) => void) => Promise<T>,
): Promise<T> {
  const done: Compensation[] = []
  let reason: unknown
  try {
    return await section((compensation) => void done.push(compensation))
  } catch (error) {
    reason = error
  }
  const undone = await context.shield(() =>
    context.map(done.reverse(), (compensation) => compensation(), { concurrency: 1, onFailure: 'settle' }),
  )
  const failures = undone.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  if (failures.length === 0) throw reason
  // The reason is not the cause of this: what is thrown because of a cancel ends the process cancelled, as if all were well.
  throw new AggregateError(
    [reason, ...failures],
    `${failures.length} of ${undone.length} parts could not be undone`,
  )
}
