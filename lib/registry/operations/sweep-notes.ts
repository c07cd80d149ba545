import { SWEEP_KEY, nameOf } from '../codec/keys.ts'
import type { SweepNote } from '../port-lists.ts'
import type { Context } from './context.ts'
import type { Item, Key, Write } from '../store/store.ts'
import { instant, needed, readFields, whole, writeFields, type Fields } from '../codec/shape.ts'

/** See `SweepNotes.noteSweep`. A refusal means that a newer note is there. */
export async function noteSweep({ store }: Context, note: SweepNote): Promise<void> {
  await store.write(putSweepNote(note))
}

/** See `SweepNotes.lastSweep`. */
export async function lastSweep({ store }: Context): Promise<SweepNote | undefined> {
  const [item] = await store.getMany([SWEEP_KEY])
  return item === undefined ? undefined : readSweepNote(item)
}

const NOTE: Fields<Numbers> = {
  at: needed('a', instant),
  everyMs: needed('e', whole),
  due: needed('u', whole),
  sent: needed('w', whole),
  oldestDueMs: needed('o', whole),
  heldBack: needed('h', whole),
  truncated: needed('t', whole),
  failedShards: needed('f', whole),
}
/** A flag is stored as 0 or 1. */
type Numbers = { readonly [Name in keyof SweepNote]: number }

export function readSweepNote(item: Item): SweepNote {
  const { heldBack, truncated, ...note } = readFields(NOTE, item, { key: nameOf(item), path: '' })
  return { ...note, heldBack: heldBack === 1, truncated: truncated === 1 }
}

/** Of two passes at once the later one counts. */
export function putSweepNote(note: SweepNote): Write {
  const numbers = { ...note, heldBack: Number(note.heldBack), truncated: Number(note.truncated) }
  const item: Item & Key = { ...SWEEP_KEY, ...writeFields(NOTE, numbers) }
  const { attr } = NOTE.at
  return {
    do: 'put',
    item,
    when: {
      any: [
        { attr, absent: true },
        { attr, below: note.at },
      ],
    },
  }
}
