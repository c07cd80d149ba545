import type { CodeFact } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { SLEEP, STEP, TAG, type StoredEntry, type StoredProcess } from './stored.ts'
import { broken } from './violation.ts'

// Times that a program sets: of an attempt, of a sleep until a moment, of the whole process. All are judged by the clock of
// the worker that wrote the entry, as far as clocks did not jump.

const WAIT = 'a wait lasts its time'
const LIMIT = 'an attempt has its time'
const PROCESS = 'a process has its time'
const TIMED_OUT = 'timed_out'

/** When the process has to have ended; undefined if it may take as long as it likes. */
function deadlineOf({ timeoutMs, createdAt = 0, startAt = 0 }: StoredProcess): number | undefined {
  return timeoutMs === undefined ? undefined : Math.max(createdAt, startAt) + timeoutMs
}

/** What a write adds to the log comes no earlier than its time. */
export function timesAreKept({ observed, before, after, fact, index, expected }: RowWrite, say: Say): void {
  for (const entry of observed.log.entries.slice(before?.seq ?? 0)) {
    const [tag, at, , effect, name, form] = entry
    if (tag === TAG.effect && effect === SLEEP && form === 1) {
      const earlyMs = (expected?.until?.get(String(name)) ?? 0) - Number(at)
      if (earlyMs > observed.clocksJumpBackMs)
        say(broken(WAIT, observed.id, index, `the sleep ${String(name)} was over ${earlyMs} ms early`))
    }
    attemptHadItsTime(observed, entry, { by: fact.by, index, expected }, say)
    if (refusedForTime(entry)) isOutOfTime(observed, after, Number(at), index, say)
  }
  const ended = after.code === TIMED_OUT && before?.code !== TIMED_OUT
  if (ended && !observed.log.entries.some(refusedForTime))
    isOutOfTime(observed, after, after.endedAt ?? 0, index, say)
}

/** A process with a timeout parks no longer than to its end, but in clean-up, or once its code knows that it is to end. */
export function parksWithinItsTime({ observed, before, after, index, expected }: RowWrite, say: Say): void {
  if (before?.status !== 'running' || after.status !== 'waiting' || after.waitsFor !== 'effects') return
  const lateMs = (after.dueAt ?? Infinity) - (deadlineOf(after) ?? Infinity)
  if (!(lateMs > 0) || after.cancelAsked || observed.log.entries.some(refusedForTime)) return
  if (after.waitsOn.every((title) => isShielded(expected, title))) return
  say(broken(PROCESS, observed.id, index, `it parks ${lateMs} ms longer than its time`))
}

/**
 * A process whose effects were refused for one reason ends for that reason, whichever owner ends it. A recorded timeout
 * stays a timeout if a cancel request comes later, or if the next owner's clock is behind. One that was ever stuck, or is
 * abandoned, is ended by others.
 */
export function endIsAsRefused({ id, row, log, wasStuck }: ObservedProcess, say: Say): void {
  if (row === undefined || wasStuck || row.status === 'abandoned') return
  const codes = new Set(log.entries.flatMap((entry) => (isRefusal(entry) ? [String(entry[7])] : [])))
  const [code] = codes
  if (code === undefined || codes.size > 1) return
  const right =
    code === TIMED_OUT ? row.status === 'failed' && row.code === TIMED_OUT : row.status === 'cancelled'
  const is = row.code === undefined ? row.status : `${row.status}: ${row.code}`
  if (!right)
    say(
      broken(
        'an end is for the reason on record',
        id,
        undefined,
        `its effects were refused as ${code}, and it is ${is}`,
      ),
    )
}

function isRefusal([tag, , , , , form, name]: StoredEntry): boolean {
  return tag === TAG.effect && form === 0 && name === 'EffectRefused'
}

/** Was an effect refused since the process was out of time? */
function refusedForTime(entry: StoredEntry): boolean {
  return isRefusal(entry) && entry[7] === TIMED_OUT
}

function isOutOfTime(
  observed: ObservedProcess,
  row: StoredProcess,
  at: number,
  index: number,
  say: Say,
): void {
  const earlyMs = (deadlineOf(row) ?? Infinity) - at
  if (earlyMs > observed.clocksJumpBackMs)
    say(broken(PROCESS, observed.id, index, `it is out of time ${earlyMs} ms early`))
}

function attemptHadItsTime(
  observed: ObservedProcess,
  entry: StoredEntry,
  at: { readonly by: string | undefined; readonly index: number; readonly expected: Expected | undefined },
  say: Say,
): void {
  const failed = entry[0] === TAG.failed
  const name = String(failed ? entry[3] : entry[4])
  const limitMs = at.expected?.limits?.get(name)
  if (limitMs === undefined || at.by === undefined) return
  if (!failed && (entry[0] !== TAG.effect || entry[3] !== STEP || entry[5] !== 0)) return
  if (entry[failed ? 6 : 7] !== 'step_timed_out') return
  const begunAt = observed.begunAt.get(`${at.by} ${name}`)
  const earlyMs = begunAt === undefined ? 0 : begunAt + limitMs - Number(entry[1])
  if (earlyMs <= observed.clocksJumpBackMs) return
  say(broken(LIMIT, observed.id, at.index, `an attempt of ${name} timed out ${earlyMs} ms early`))
}

/**
 * A worker that claims a process after its timeout begins only shielded effects. A worker that was overtaken since is judged by
 * its own claim, which the row no longer shows: its clock may be minutes behind that of the next owner.
 */
export function bodyHeedsDeadline(
  { id, row, claimants, clocksJumpBackMs }: ObservedProcess,
  { effect, by }: Extract<CodeFact, { kind: 'body' }>,
  index: number,
  expected: Expected | undefined,
  say: Say,
): void {
  if (row?.status !== 'running' || row.claimedAt === undefined) return
  if (claimants.get(row.fence) !== by) return
  const lateMs = row.claimedAt - (deadlineOf(row) ?? Infinity)
  // The clock that the claim read may have been set back before the body: by that clock there is time left.
  if (lateMs < clocksJumpBackMs || isShielded(expected, `step ${effect}`)) return
  say(broken(PROCESS, id, index, `${effect} runs under the claim of ${by}, ${lateMs} ms after its time`))
}

/** Does this effect continue when the process is to end? Named as a wait is: `step p0/1!/0`. */
export function isShielded(expected: Expected | undefined, title: string): boolean {
  return expected?.shields?.some(({ effects }) => effects.has(title)) === true
}
