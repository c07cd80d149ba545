import { handOverIsNoAttempt } from './host-rules.ts'
import type { RowWrite, Say } from './observed-process.ts'
import { attentionIsExact } from './attention-rules.ts'
import { waitingIsNoStall } from './backlog-rules.ts'
import { arrivalWakesWhoAwaitsIt } from './arrival-rules.ts'
import { givenUpIsNotClaimed } from './abandon-rules.ts'
import { parkHeedsCancel } from './cancel-rules.ts'
import { externalIsNotRun } from './external-rules.ts'
import { silenceIsLong } from './heartbeat-rules.ts'
import { isListedInItsGroup, startsInTime } from './start-rules.ts'
import { parksWithinItsTime, timesAreKept } from './time-rules.ts'
import { hasEnded, TAG } from './stored.ts'
import { stuckIsLeft } from './stuck-rules.ts'
import { broken } from './violation.ts'

// What must hold of every write to a process item that the table accepted. Each rule sees the item before and after, and
// what the walk has learnt so far, and nothing else.

/** The fence grows by one with each claim, and with an end of a process without an owner. It never falls. */
function fenceRises({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before === undefined) {
    const made = after.status === 'running' ? 1 : 0
    if (after.fence !== made)
      say(
        broken(
          'the fence rises by one with each claim',
          observed.id,
          index,
          `it is made with ${after.fence}`,
        ),
      )
    return
  }
  const by = after.fence - before.fence
  const moved = `${before.status}, fence ${before.fence} → ${after.status}, fence ${after.fence}`
  if (by !== 0 && by !== 1) say(broken('the fence rises by one with each claim', observed.id, index, moved))
  if (by === 1 && after.status !== 'running' && !hasEnded(after))
    say(broken('the fence rises by one with each claim', observed.id, index, moved))
  if (by === 0 && before.status !== 'running' && after.status === 'running')
    say(broken('the fence rises by one with each claim', observed.id, index, `claimed without: ${moved}`))
}

/** A write of an owner moves the commit number on by one, and only the host process that claimed the fence makes one. */
function ownerHoldsTheFence({ before, after, observed, fact, index }: RowWrite, say: Say): void {
  if (before === undefined || after.fence !== before.fence) return
  const by = after.commit - before.commit
  if (by === 0) {
    if (before.status === 'running' && after.status !== 'running')
      say(broken(STALE, observed.id, index, `${before.status} → ${after.status} without a commit`))
    return
  }
  if (by !== 1) return say(broken(STALE, observed.id, index, `commit ${before.commit} → ${after.commit}`))
  const claimant = observed.claimants.get(before.fence)
  if (before.status !== 'running')
    say(broken(STALE, observed.id, index, `an owner wrote while it was ${before.status}`))
  if (fact.by !== undefined && claimant !== undefined && claimant !== fact.by)
    say(
      broken(
        STALE,
        observed.id,
        index,
        `${fact.by} wrote under fence ${before.fence}, which ${claimant} claimed`,
      ),
    )
}
const STALE = 'no write under a stale fence'

/** A running process is taken over only by one whose own clock says that its lease has expired. */
function takenOverWhenOver({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before?.status !== 'running' || after.fence !== before.fence + 1) return
  const { lease } = observed
  const renewed = lease.fence === before.fence ? (lease.expiresAt ?? 0) : 0
  const until = Math.max(before.grantedUntil ?? 0, renewed)
  const takenAt = after.status === 'running' ? after.claimedAt : after.endedAt
  if (takenAt !== undefined && until > takenAt)
    say(
      broken(
        'a live lease is not taken over',
        observed.id,
        index,
        `taken ${until - takenAt} ms before it was over`,
      ),
    )
}

/** Where an owner's death is to be its process's end, no other owner continues with it. */
function frailIsNotRerun({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before?.status !== 'running' || before.recovery !== 'abandon') return
  if (after.status === 'running' && after.fence !== before.fence)
    say(
      broken(
        'a process with recovery abandon never runs twice',
        observed.id,
        index,
        `fence ${after.fence} runs it again`,
      ),
    )
}

/** An ended process stays as it ended: status, output, log. Its log has one end, and that is of the status it has. */
function endsOnce({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before === undefined || !hasEnded(before)) {
    const ends = observed.log.entries.filter(([tag]) => tag === TAG.end)
    if (hasEnded(after) !== (ends.length === 1) || (ends[0] !== undefined && ends[0][2] !== after.status))
      say(
        broken('one terminal write', observed.id, index, `${after.status} with ends ${JSON.stringify(ends)}`),
      )
    return
  }
  const same =
    before.status === after.status &&
    before.output === after.output &&
    before.seq === after.seq &&
    before.commit === after.commit &&
    before.fence === after.fence
  if (!same)
    say(broken('one terminal write', observed.id, index, `${before.status} and ended, then ${after.status}`))
}

/** The log grows at its end only, without gaps, across the item and its pages; pages are of the fence that rolled them. */
function logHasNoGap(write: RowWrite, say: Say): void {
  const { before, after, observed, index } = write
  const wrong = observed.log.take(after, index)
  if (wrong !== undefined) say(broken('the log has no gap', observed.id, index, wrong))
  for (const early of observed.log.takeEarly())
    say(broken('a wait lasts its time', observed.id, index, early))
  const rolled = after.page !== undefined && after.page !== before?.page
  if (rolled && Number(after.page?.split('#')[2]) !== after.fence)
    say(
      broken(
        'the log has no gap',
        observed.id,
        index,
        `fence ${after.fence} points at the page ${after.page}`,
      ),
    )
}

const NAMED_EVENTS = new Set(['effects', 'external', 'slot'])

/** At every moment an open process is due at a time in the index, or waits for a named event, or is stuck in the open. */
function isKept({ after, observed, index }: RowWrite, say: Say): void {
  const due = after.dueAt !== undefined
  if (due !== after.inDueIndex || !after.inListIndex)
    say(broken('every open process is kept', observed.id, index, 'its index attributes do not fit'))
  if (hasEnded(after)) {
    if (due && !after.pendingNotifications)
      say(broken('every open process is kept', observed.id, index, 'it has ended and is due'))
    return
  }
  const named = after.status === 'waiting' && NAMED_EVENTS.has(after.waitsFor ?? '')
  if (!due && !named && after.status !== 'stuck')
    say(broken('every open process is kept', observed.id, index, `${after.status}, and nothing will wake it`))
}

export const ROW_RULES = [
  fenceRises,
  ownerHoldsTheFence,
  takenOverWhenOver,
  frailIsNotRerun,
  logHasNoGap,
  endsOnce,
  isKept,
  stuckIsLeft,
  parkHeedsCancel,
  startsInTime,
  isListedInItsGroup,
  attentionIsExact,
  handOverIsNoAttempt,
  waitingIsNoStall,
  arrivalWakesWhoAwaitsIt,
  timesAreKept,
  parksWithinItsTime,
  silenceIsLong,
  givenUpIsNotClaimed,
  externalIsNotRun,
]
