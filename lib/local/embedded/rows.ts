import { comparePlaces, type ItemPlace } from './places.ts'
import type { Attributes } from './values.ts'

export type Row = { readonly place: ItemPlace; readonly item: Attributes }

/** The rows of a table or of an index, in order. */
export class Rows {
  readonly #rows: Row[] = []

  get size(): number {
    return this.#rows.length
  }

  get(place: ItemPlace): Attributes | undefined {
    const row = this.#rows[this.#firstFrom(place)]
    return row !== undefined && comparePlaces(row.place, place) === 0 ? row.item : undefined
  }

  put(place: ItemPlace, item: Attributes): void {
    const at = this.#firstFrom(place)
    const there = this.#rows[at]
    const replaces = there !== undefined && comparePlaces(there.place, place) === 0
    this.#rows.splice(at, replaces ? 1 : 0, { place, item })
  }

  delete(place: ItemPlace): void {
    const at = this.#firstFrom(place)
    const there = this.#rows[at]
    if (there !== undefined && comparePlaces(there.place, place) === 0) this.#rows.splice(at, 1)
  }

  /** All rows behind a place, or all. */
  *after(place: ItemPlace | undefined): Generator<Row> {
    let at = place === undefined ? 0 : this.#firstBehind(place)
    for (let row = this.#rows[at]; row !== undefined; row = this.#rows[at]) {
      yield row
      at += 1
    }
  }

  /** The rows of a partition in either direction, behind a place or all. */
  *partition(partition: string, forward: boolean, behind: ItemPlace | undefined): Generator<Row> {
    let at = this.#start(partition, forward, behind)
    for (let row = this.#rows[at]; row?.place.partition === partition; row = this.#rows[at]) {
      yield row
      at += forward ? 1 : -1
    }
  }

  #start(partition: string, forward: boolean, behind: ItemPlace | undefined): number {
    if (behind !== undefined) return forward ? this.#firstBehind(behind) : this.#firstFrom(behind) - 1
    return forward
      ? this.#first((row) => row.place.partition >= partition)
      : this.#first((row) => row.place.partition > partition) - 1
  }

  #firstFrom(place: ItemPlace): number {
    return this.#first((row) => comparePlaces(row.place, place) >= 0)
  }

  #firstBehind(place: ItemPlace): number {
    return this.#first((row) => comparePlaces(row.place, place) > 0)
  }

  /** The first row of which this holds; it holds of all rows behind it too. */
  #first(holds: (row: Row) => boolean): number {
    let [low, high] = [0, this.#rows.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.#rows[middle]
      if (row !== undefined && holds(row)) high = middle
      else low = middle + 1
    }
    return low
  }
}
