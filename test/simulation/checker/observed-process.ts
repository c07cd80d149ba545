import type { StoreFact, Violation } from '../history.ts'
import type { Expected } from './expectations.ts'
import { LogBook } from './log-book.ts'
import { readLease, type StoredLease, type StoredProcess } from './stored.ts'

/** No clock is off by more than five minutes, before its jump or after it. */
const CLOCK_JUMPS_MAX_MS = 10 * 60_000

/** What the rules know of one process while they walk through a history. */
export class ObservedProcess {
  readonly id: string
  row: StoredProcess | undefined
  readonly log: LogBook
  /** Who claimed which fence. */
  readonly claimants = new Map<number, string | undefined>()
  /** Where in the history a host process last claimed this process. */
  readonly claimedAtFact = new Map<string, number>()
  /** Until when a host process holds this process, by its last claim and what it renewed since. */
  readonly heldUntil = new Map<string, number>()
  lease: StoredLease = readLease(undefined)
  /** The lease item as it will be once the transaction under way is through. */
  pendingLease: { readonly tx: number | undefined; readonly lease: StoredLease } | undefined
  /** Where in the history a cancel request was recorded, and where the process was first claimed. */
  cancelAtFact: number | undefined
  firstClaimAtFact: number | undefined
  ranToEnd = false
  /** Claims in a row that found others in line for its key, and no place of its own among them. */
  claimsWithoutRoom = 0
  /** A worker claimed it at its start time or after: a later one may have a clock that is behind. */
  isStarted = false
  /** Each status since when, by the world's own time. */
  readonly statuses: { readonly status: string; readonly at: number }[] = []
  /** Its row is gone: another process may have its id. */
  isRemoved = false
  wasStuck = false
  /** When a host process last began a step's body, by its own clock: `worker-1#1 p0/0`. */
  readonly begunAt = new Map<string, number>()
  /** Accepted signs of life of callbacks, by their positions. */
  readonly beats: { readonly position: number; readonly index: number; readonly at: number }[] = []
  /** How far back a worker's clock may have jumped. */
  readonly clocksJumpBackMs: number
  readonly bodiesOf = new Map<string, number>()
  /** Attempts of steps whose bodies have begun, where none may run twice: `p0/0 1`. */
  readonly attemptsBegun = new Set<string>()
  readonly children = new Set<string>()
  /** The input of its first run. */
  input: string | undefined
  /** What waits for signals were given, by name and number. */
  readonly took = new Map<string, string>()

  constructor(id: string, clocksJumpBackMs: number = CLOCK_JUMPS_MAX_MS) {
    this.id = id
    this.clocksJumpBackMs = clocksJumpBackMs
    this.log = new LogBook(clocksJumpBackMs)
  }
}

/** One write to a process item, with what stood there before. */
export type RowWrite = {
  readonly observed: ObservedProcess
  readonly fact: StoreFact & { readonly at: number }
  readonly index: number
  readonly before: StoredProcess | undefined
  readonly after: StoredProcess
  /** What a model of its program says. */
  readonly expected: Expected | undefined
}

export type Say = (violation: Violation) => void
