import { signal } from '@preact/signals'
import type { LogEntry } from '../../model/log.ts'
import { ask, refusalOf, type RequestRefused } from './api.ts'
import { pagesFor } from './model/rows.ts'

/** Entries that the API gives at once. */
const PAGE_ROWS = 100
/** A history as long as this is loaded whole; of a longer one the newest part, and the rest as it is looked at. */
const WHOLE_MAX = 500
const NEWEST = 200

/** The history of one process, as far as it was looked at. Pages are kept by the number before their first entry. */
export class HistoryStore {
  readonly id: string
  /** Rises with each page that comes. */
  readonly version = signal(0)
  readonly failure = signal<RequestRefused | undefined>(undefined)
  readonly loadingAll = signal(false)
  readonly #pages = new Map<number, readonly LogEntry[]>()
  readonly #asked = new Set<number>()
  readonly #stopped = new AbortController()
  #total = 0

  constructor(id: string) {
    this.id = id
  }

  get total(): number {
    return this.#total
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** The row has `total` entries by now: loads the new ones, and at first the newest part. */
  async follow(total: number): Promise<void> {
    if (total <= this.#total) return
    this.#total = total
    const first = total <= WHOLE_MAX ? 1 : total - NEWEST
    await this.load(first, total)
    this.version.value += 1
  }

  /** Loads what is missing of a range of entries. */
  async load(first: number, last: number): Promise<void> {
    const wanted = pagesFor(first, Math.min(last, this.#total), PAGE_ROWS).filter(
      (after) => !this.#asked.has(after) && !this.#isWhole(after),
    )
    for (const after of wanted) this.#asked.add(after)
    for (const after of wanted.toReversed()) await this.#loadPage(after)
  }

  async loadAll(): Promise<void> {
    this.loadingAll.value = true
    await this.load(1, this.#total)
    this.loadingAll.value = false
  }

  at(seq: number): LogEntry | undefined {
    const after = Math.floor((seq - 1) / PAGE_ROWS) * PAGE_ROWS
    return this.#pages.get(after)?.[seq - after - 1]
  }

  /** The entries up to the newest without a gap. */
  newest(): readonly LogEntry[] {
    const pages: (readonly LogEntry[])[] = []
    for (let after = Math.floor((this.#total - 1) / PAGE_ROWS) * PAGE_ROWS; after >= 0; after -= PAGE_ROWS) {
      const page = this.#pages.get(after)
      if (page === undefined) break
      pages.push(page)
    }
    return pages.reverse().flat()
  }

  #isWhole(after: number): boolean {
    return (this.#pages.get(after)?.length ?? 0) >= Math.min(PAGE_ROWS, this.#total - after)
  }

  async #loadPage(after: number): Promise<void> {
    const { signal } = this.#stopped
    try {
      const have = this.#pages.get(after) ?? []
      const params = { id: this.id, after: after + have.length, limit: PAGE_ROWS - have.length }
      const { events } = await ask('history', params, signal)
      this.#pages.set(after, [...have, ...events])
      this.failure.value = undefined
      this.version.value += 1
    } catch (error) {
      if (!signal.aborted) this.failure.value = refusalOf(error)
    } finally {
      this.#asked.delete(after)
    }
  }
}
