import type { RowWrite, Say } from './observed-process.ts'
import { readEntry, TAG } from './stored.ts'
import { broken } from './violation.ts'

/** A row shows so many of its waits. Of those beyond it tells the kinds. */
const SHOWN_MAX = 8

/**
 * A signal wakes a process that is parked for it, and no other: each claim for one that no wait takes would cost as much as
 * one for something awaited.
 */
export function arrivalWakesWhoAwaitsIt(write: RowWrite, say: Say): void {
  const { before, after, observed, index, expected } = write
  if (before?.status !== 'waiting' || before.waitsFor !== 'effects') return
  if (after.status !== 'waiting' || after.fence !== before.fence || after.seq !== before.seq + 1) return
  const [tag, , name] = readEntry(after.tail.at(-1) ?? '[]')
  if (tag !== TAG.signal) return
  const ofName = observed.log.entries.filter(([each, , of]) => each === TAG.signal && of === name)
  const isAwaited = expected?.awaitedAtOnce?.has(String(name)) === true && ofName.length === 1
  if (isAwaited && after.dueAt === undefined)
    say(
      broken('an awaited arrival wakes', observed.id, index, `it waits for ${String(name)}, and is not due`),
    )
  const isShown = before.waitsOn.length >= SHOWN_MAX || before.waitsOn.includes(`signal ${String(name)}`)
  if (!isShown && after.dueAt !== before.dueAt) {
    const says = `it does not wait for ${String(name)}, and is made due`
    say(broken('an arrival that no wait takes does not wake', observed.id, index, says))
  }
}
