import type { Item, Key, Write } from '../store/store.ts'
import type { SweepNote } from '../port-sweep.ts'
import { nameOf, SWEEP_KEY } from './keys.ts'
import { instant, needed, readFields, whole, writeFields, type Fields } from './shape.ts'

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
