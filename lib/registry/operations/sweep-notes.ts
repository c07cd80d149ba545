import { putSweepNote, readSweepNote } from '../codec/sweep-note.ts'
import { SWEEP_KEY } from '../codec/keys.ts'
import type { SweepNote } from '../port-sweep.ts'
import type { Context } from './context.ts'

/** See `SweepNotes.noteSweep`. A refusal means that a newer note is there. */
export async function noteSweep({ store }: Context, note: SweepNote): Promise<void> {
  await store.write(putSweepNote(note))
}

/** See `SweepNotes.lastSweep`. */
export async function lastSweep({ store }: Context): Promise<SweepNote | undefined> {
  const [item] = await store.getMany([SWEEP_KEY])
  return item === undefined ? undefined : readSweepNote(item)
}
