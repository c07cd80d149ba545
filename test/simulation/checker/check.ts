import type { Fact, History, StoreFact, Violation } from '../history.ts'
import { bodyMayRun } from './code-rules.ts'
import { abandonsAreHonoured } from './abandon-rules.ts'
import { itemIsCoded, rowIsCoded } from './codec-rules.ts'
import { WakeupsBook } from './wakeup-rules.ts'
import { callbacksAreCompletedOnce, tokenIsOnRecord } from './callback-rules.ts'
import { externalsAreCompletedOnce } from './external-rules.ts'
import { listsAreWhole } from './list-rules.ts'
import { checkEnd } from './end-rules.ts'
import type { Expectations } from './expectations.ts'
import { frailBodyRunsOnce, HostsBook } from './host-rules.ts'
import { leaseIsRenewed } from './lease-rules.ts'
import { deliveriesAreSpared, messageIsASwitch } from './message-rules.ts'
import { ObservedProcess, type RowWrite, type Say } from './observed-process.ts'
import { childrenAreKnown, everyoneWasTold } from './family-rules.ts'
import { bodyHeedsCancel } from './cancel-rules.ts'
import { attemptIsForeseen, cancelsAreAsked } from './program-rules.ts'
import { ROW_RULES } from './row-rules.ts'
import { broken } from './violation.ts'
import { signalIsTheNth } from './signal-rules.ts'
import { allIsGone, idIsFree, removedInTime, startIsAnswered } from './retention-rules.ts'
import { heartbeatIsNoted } from './heartbeat-rules.ts'
import { SlotsBook } from './slot-rules.ts'
import { wakeupIsOfItsQueue } from './start-rules.ts'
import { inputIsTheRecorded } from './value-rules.ts'
import { bodyHeedsDeadline } from './time-rules.ts'
import { StreamBook } from './stream-rules.ts'
import { SuspectsBook } from './suspect-rules.ts'
import { SweepBook } from './sweep-rules.ts'
import { hasEnded, readLease, readProcess } from './stored.ts'

const NOTHING_EXPECTED: Expectations = { processes: new Map() }

/**
 * Judges a history: walks through its facts in their order, then looks at what is left. Independent of the code under
 * test: it reads stored items by the table's layout, with a reader of its own, and knows neither plans nor conditions.
 */
export function check(history: History, expectations: Expectations = NOTHING_EXPECTED): readonly Violation[] {
  const walk = walked(history, expectations)
  checkEnd(history, walk.allObserved, expectations, walk.say)
  walk.wakeups.checkEnd(walk.say)
  if (expectations.streamed === true) walk.stream.checkEnd(walk.say)
  if (expectations.expired === true) allIsGone(history, walk.allObserved, walk.say)
  childrenAreKnown(walk.allObserved, walk.say)
  callbacksAreCompletedOnce(history, walk.allObserved, expectations.processes, walk.say)
  const asked = history.facts.filter((fact) => fact.kind === 'cancel-asked')
  cancelsAreAsked(walk.allObserved, asked, expectations.processes, walk.say)
  abandonsAreHonoured(history, walk.allObserved, expectations.processes, walk.say)
  externalsAreCompletedOnce(history, walk.allObserved, expectations.processes, walk.say)
  listsAreWhole(history, walk.allObserved, walk.say)
  return walk.violations
}

/** Judges what has happened in a history that was cut off: of its end there is nothing to say. */
export function checkSoFar(
  history: History,
  expectations: Expectations = NOTHING_EXPECTED,
): readonly Violation[] {
  return walked(history, expectations).violations
}

function walked({ facts }: History, expectations: Expectations): Walk {
  const walk = new Walk(expectations, facts)
  for (const [index, fact] of facts.entries()) walk.take(fact, index)
  return walk
}

class Walk {
  readonly allObserved = new Map<string, ObservedProcess>()
  readonly violations: Violation[] = []
  readonly #slots = new SlotsBook()
  readonly wakeups = new WakeupsBook()
  readonly stream = new StreamBook()
  readonly #suspects = new SuspectsBook()
  readonly #sweeps = new SweepBook()
  readonly say: Say = (violation) => void this.violations.push(violation)
  readonly #expectations: Expectations
  readonly #facts: readonly Fact[]
  readonly #hosts = new HostsBook()

  constructor(expectations: Expectations, facts: readonly Fact[]) {
    this.#expectations = expectations
    this.#facts = facts
  }

  take(fact: Fact, index: number): void {
    switch (fact.kind) {
      case 'write':
        return this.#write(fact, index)
      case 'body':
        return this.#body(fact, index)
      case 'ran-to-end':
        this.#of(fact.process).ranToEnd = true
        return
      case 'got-input':
        return inputIsTheRecorded(this.#of(fact.process), fact, index, this.say)
      case 'took-signal':
        return signalIsTheNth(this.#of(fact.process), fact, index, this.say)
      case 'heard':
        this.#hosts.heard(fact, this.#facts[fact.fact])
        return this.wakeups.heard(fact)
      case 'pass-began':
      case 'pass-stopped':
        return this.#hosts.pass(fact)
      case 'claims':
        return this.#hosts.claims(fact, index, this.say)
      case 'woke':
        wakeupIsOfItsQueue(this.#of(fact.process), fact, index, this.say)
        this.#sweeps.sent(fact, index)
        return this.wakeups.sent(fact)
      case 'fell':
        return this.wakeups.fell(fact)
      case 'delivered':
        messageIsASwitch(fact, index, this.say)
        return deliveriesAreSpared(fact, index, this.say)
      case 'swept':
        return this.#sweeps.swept(fact, index, this.say)
      case 'gave-token':
        return tokenIsOnRecord(this.#of(fact.process), fact, index, this.say)
      case 'published':
        return this.stream.published(fact, index, this.say)
      case 'started':
      case 'refused':
        return startIsAnswered(this.allObserved.get(fact.process), fact, index, this.say)
      case 'answered':
      case 'beat':
      case 'abandon-asked':
      case 'completed':
      case 'listed':
      case 'took-answer':
      case 'signalled':
      case 'cancel-asked':
    }
  }

  #body(fact: Extract<Fact, { kind: 'body' }>, index: number): void {
    this.#suspects.body(fact, index)
    const observed = this.#of(fact.process)
    const expected = this.#expectations.processes.get(fact.process)
    bodyMayRun(observed, fact, index, expected, this.say)
    frailBodyRunsOnce(observed, fact, index, this.say)
    const hasRead = this.#hosts.hasReadCancel(observed, fact.by)
    bodyHeedsCancel(observed, fact, { index, hasRead, expected }, this.say)
    attemptIsForeseen(observed, fact, index, expected, this.say)
    bodyHeedsDeadline(observed, fact, index, expected, this.say)
    if (fact.clockAt !== undefined) observed.begunAt.set(`${fact.by} ${fact.effect}`, fact.clockAt)
    const key = observed.row?.key
    if (key !== undefined && !hasEnded(observed.row) && !this.#slots.holds(observed.id, key))
      this.say(
        broken('no key has more than its limit', observed.id, index, `${fact.effect} runs without a place`),
      )
  }

  #write(fact: StoreFact & { at: number }, index: number): void {
    if (fact.sk === 'SLOTS') return this.#slots.take(fact, index, this.say)
    if (!fact.pk.startsWith('P#')) return
    const observed = this.#of(fact.pk.slice(2))
    if (this.#expectations.coded === true) itemIsCoded(observed, fact, index, this.say)
    if (fact.after === undefined) removedInTime(observed, fact, index, this.say)
    if (
      observed.pendingLease !== undefined &&
      (fact.tx === undefined || observed.pendingLease.tx !== fact.tx)
    ) {
      observed.lease = observed.pendingLease.lease
      observed.pendingLease = undefined
    }
    if (fact.sk === 'PROCESS') this.#row(observed, fact, index)
    else if (fact.sk === 'LEASE') {
      leaseIsRenewed(observed, fact, index, this.say)
      observed.pendingLease = { tx: fact.tx, lease: readLease(fact.after) }
    } else if (fact.sk.startsWith('LOG#')) this.#page(observed, fact, index)
    else if (fact.sk.startsWith('CB#')) heartbeatIsNoted(observed, fact, index)
  }

  #row(observed: ObservedProcess, fact: StoreFact & { at: number }, index: number): void {
    if (fact.after === undefined) {
      if (observed.row !== undefined && !hasEnded(observed.row))
        this.say(broken('nothing is lost', observed.id, index, 'an open process was removed'))
      observed.isRemoved = true
      return
    }
    if (observed.isRemoved) return this.#row(this.#another(observed, fact.at, index), fact, index)
    const [before, after] = [observed.row, readProcess(fact.after)]
    const expected = this.#expectations.processes.get(observed.id)
    const write: RowWrite = { observed, fact, index, before, after, expected }
    for (const rule of ROW_RULES) rule(write, this.say)
    if (this.#expectations.coded === true) rowIsCoded(write, this.say)
    this.wakeups.take(write)
    this.stream.take(write)
    this.#suspects.take(write, this.say)
    this.#sweeps.take(write)
    if (before === undefined && after.parent !== undefined)
      this.#of(after.parent.id).children.add(observed.id)
    everyoneWasTold(write, this.allObserved, this.#slots, this.say)
    const claimed = after.status === 'running' && after.fence !== (before?.fence ?? 0)
    if (claimed) {
      observed.log.claimed()
      const { key } = after
      const hasNoRoom = key !== undefined && this.#slots.hasQueue(key) && !this.#slots.has(observed.id)
      observed.claimsWithoutRoom = hasNoRoom ? observed.claimsWithoutRoom + 1 : 0
      const by = fact.by ?? after.owner
      observed.claimants.set(after.fence, by)
      if (by !== undefined) {
        observed.claimedAtFact.set(by, index)
        observed.heldUntil.set(by, after.grantedUntil ?? 0)
      }
      observed.firstClaimAtFact ??= index
    }
    if (after.cancelAsked && before?.cancelAsked !== true) observed.cancelAtFact = index
    if (after.status === 'stuck') observed.wasStuck = true
    if (before?.status !== after.status) observed.statuses.push({ status: after.status, at: fact.at })
    observed.row = after
  }

  /** A page never changes: what points at it counts on that. */
  #page(observed: ObservedProcess, fact: StoreFact, index: number): void {
    if (fact.after === undefined) return
    if (fact.before !== undefined && JSON.stringify(fact.before['t']) !== JSON.stringify(fact.after['t']))
      this.say(broken('the log has no gap', observed.id, index, `the page ${fact.sk} was written over`))
    observed.log.putPage(fact.sk, fact.after)
  }

  /** Another process under the id of one that is gone. */
  #another(last: ObservedProcess, at: number, index: number): ObservedProcess {
    idIsFree(last, at, index, this.say)
    this.allObserved.set(`${last.id}, registered at ${last.row?.createdAt}`, last)
    this.allObserved.delete(last.id)
    return this.#of(last.id)
  }

  #of(id: string): ObservedProcess {
    const known = this.allObserved.get(id)
    if (known !== undefined) return known
    const observed = new ObservedProcess(id, this.#expectations.clocksJumpBackMs)
    this.allObserved.set(id, observed)
    return observed
  }
}
