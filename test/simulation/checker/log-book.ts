import type { Item } from '../../../lib/registry/store/store.ts'
import { readEntry, REPLY, SIGNAL, SLEEP, STEP, TAG, type StoredEntry, type StoredProcess } from './stored.ts'

/** The log of one process, put together from tails and pages as they were written. */
export class LogBook {
  readonly #raw: string[] = []
  readonly #entries: StoredEntry[] = []
  readonly #pages = new Map<string, Item>()
  /** Where in the history the outcome of an effect was recorded, by position; and of a step, by its name. */
  readonly #recordedPositions = new Map<number, number>()
  readonly #recordedSteps = new Map<string, number>()
  readonly #begunSteps = new Set<string>()
  /** When a wait that has begun has ended, by position. */
  readonly #dueAt = new Map<number, number>()
  /** Where in the history attempts of a step were recorded as failed. */
  readonly #failures = new Map<string, number[]>()
  readonly #clocksJumpBackMs: number
  readonly #early: string[] = []
  /** Of each entry, how many there were when the process was last claimed before it. */
  readonly #read: number[] = []
  #atClaim = 0

  constructor(clocksJumpBackMs: number) {
    this.#clocksJumpBackMs = clocksJumpBackMs
  }

  get entries(): readonly StoredEntry[] {
    return this.#entries
  }

  /** The process is claimed: its owner has read the log. */
  claimed(): void {
    this.#atClaim = this.#raw.length
  }

  /** How many entries had been read by who wrote this one, from the first on. */
  readBefore(index: number): number {
    return this.#read[index] ?? 0
  }

  putPage(sk: string, item: Item): void {
    this.#pages.set(sk, item)
  }

  recordedStepAt(name: string): number | undefined {
    return this.#recordedSteps.get(name)
  }

  /** Is it on record that a body of this step may have begun? */
  hasBegun(name: string): boolean {
    return this.#begunSteps.has(name)
  }

  /** Failed attempts of a step that were on record before this place in the history. */
  failuresBefore(name: string, index: number): number {
    return (this.#failures.get(name) ?? []).filter((at) => at < index).length
  }

  /** What was found of waits that were over before their time, once. */
  takeEarly(): readonly string[] {
    return this.#early.splice(0)
  }

  /** Takes the log as an item shows it after a write. Answers what is wrong with it. */
  take(row: StoredProcess, index: number): string | undefined {
    const inPages = row.seq - row.tail.length
    if (inPages < 0) return `its tail has ${row.tail.length} entries, its last number is ${row.seq}`
    const known = this.#raw.length
    if (row.seq < known) return `its log went back from ${known} entries to ${row.seq}`
    const { page } = row
    const last = page === undefined ? 0 : Number(page.split('#')[1])
    if (last !== inPages) return `its pages end at ${last}, its tail begins at ${inPages + 1}`
    const paged = inPages > known || this.#lastPage !== page ? this.#readPages(page, known) : []
    if (typeof paged === 'string') return paged
    this.#lastPage = page
    for (const [seq, raw] of [...paged, ...row.tail.map((raw, n) => [inPages + n + 1, raw] as const)]) {
      const before = this.#raw[seq - 1]
      if (before !== undefined && before !== raw) return `entry ${seq} was ${before} and is ${raw}`
      if (before !== undefined) continue
      if (seq !== this.#raw.length + 1) return `entry ${this.#raw.length + 1} is missing before ${seq}`
      const wrong = this.#add(raw, index)
      if (wrong !== undefined) return wrong
    }
    return this.#raw.length === row.seq
      ? undefined
      : `it has ${this.#raw.length} entries, its last number is ${row.seq}`
  }

  #lastPage: string | undefined

  /** The entries of the pages that an item points at, oldest first; pages that hold nothing new are not opened. */
  #readPages(pointer: string | undefined, known: number): readonly (readonly [number, string])[] | string {
    const found: (readonly [number, string])[][] = []
    let next = pointer
    while (next !== undefined) {
      const [first = 0, last = 0, fence = 0] = next.split('#').map(Number)
      const sk = `LOG#${padded(last)}#${padded(first)}#${fence}`
      const page = this.#pages.get(sk)
      if (page === undefined) return `it points at the page ${sk}, which is not there`
      const entries = Array.isArray(page['t']) ? page['t'].map(String) : []
      if (entries.length !== last - first + 1) return `the page ${sk} holds ${entries.length} entries`
      found.push(entries.map((raw, n) => [first + n, raw] as const))
      const before = typeof page['p'] === 'string' ? page['p'] : undefined
      const beforeLast = before === undefined ? 0 : Number(before.split('#')[1])
      if (beforeLast !== first - 1) return `before the page ${sk} there is one that ends at ${beforeLast}`
      next = first - 1 > known ? before : undefined
    }
    return found.toReversed().flat()
  }

  #add(raw: string, index: number): string | undefined {
    const entry = readEntry(raw)
    this.#raw.push(raw)
    this.#entries.push(entry)
    this.#read.push(this.#atClaim)
    const [tag, , third, fourth, fifth] = entry
    // What an owner writes has the order of what its code did: in another one no run could replay it.
    if ((tag === TAG.begun || tag === TAG.failed) && this.#recordedPositions.has(Number(third)))
      return `the effect at position ${String(third)} continues after its outcome`
    if (tag === TAG.failed) {
      const name = String(fourth)
      this.#failures.set(name, [...(this.#failures.get(name) ?? []), index])
    }
    if (tag === TAG.begun && fourth === STEP) this.#begunSteps.add(String(fifth))
    if (tag === TAG.begun && typeof entry[5] === 'number') this.#dueAt.set(Number(third), entry[5])
    if (tag !== TAG.effect) return undefined
    const position = Number(third)
    if (this.#recordedPositions.has(position)) return `the effect at position ${position} is recorded twice`
    this.#recordedPositions.set(position, index)
    // The worker that ends a wait reads one clock for it and for the entry: other clocks do not matter.
    const earlyMs = isOver(entry) ? (this.#dueAt.get(position) ?? 0) - Number(entry[1]) : 0
    if (earlyMs > this.#clocksJumpBackMs)
      this.#early.push(
        `the wait at position ${position} was over ${earlyMs} ms early, by its worker's own clock`,
      )
    if (fourth === STEP) this.#recordedSteps.set(String(fifth), index)
    return undefined
  }
}

/** Is it the end of a wait that its own time brought about? */
function isOver([, , , effect, , form, , code]: StoredEntry): boolean {
  if (effect === SLEEP) return form === 1
  return (effect === SIGNAL || effect === REPLY) && code === 'wait_timed_out'
}

function padded(seq: number): string {
  return String(seq).padStart(12, '0')
}
