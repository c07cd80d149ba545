import { takenBy } from '../../model/arrivals.ts'
import { isArrival, type ArrivalKind, type Entry } from '../../model/log.ts'
import type { EffectCall } from '../../model/replay.ts'

/** Which arrivals a wait takes, as `takenBy` says of each. */
export type Takes = { readonly kind: ArrivalKind; readonly what: string | number }
type Taker = { readonly call: EffectCall; readonly takes?: Takes; readonly ending: boolean }

/** Waits by what they take, so that an arrival finds its own among thousands. */
export class Takers<T extends Taker> {
  /** Each list in the order of positions. */
  readonly #byKey = new Map<string, T[]>()
  readonly #counts = new Map<ArrivalKind, number>()

  add(wait: T): void {
    const { takes } = wait
    if (takes === undefined) return
    this.#counts.set(takes.kind, (this.#counts.get(takes.kind) ?? 0) + 1)
    const key = keyOf(takes)
    const takers = this.#byKey.get(key)
    if (takers === undefined) this.#byKey.set(key, [wait])
    else takers.splice(placeOf(takers, wait), 0, wait)
  }

  delete(wait: T): void {
    const { takes } = wait
    if (takes === undefined) return
    this.#counts.set(takes.kind, (this.#counts.get(takes.kind) ?? 1) - 1)
    const key = keyOf(takes)
    const left = this.#byKey.get(key)
    left?.splice(placeOf(left, wait), 1)
    if (left?.length === 0) this.#byKey.delete(key)
  }

  clear(): void {
    this.#byKey.clear()
    this.#counts.clear()
  }

  /** Those that these entries are for: all for one reply or one child's end, and of a signal's name as many as came. */
  of(entries: readonly Entry[]): readonly T[] {
    const keys = Map.groupBy(entries.filter(isArrival), (entry) => keyOf(takenBy(entry)))
    return [...keys].flatMap(([key, those]) => this.#firstOf(key, those.length))
  }

  /** The kinds of arrivals that others than these take. */
  kindsBeyond(shown: readonly T[]): readonly ArrivalKind[] {
    const isBeyond = ([kind, count]: [ArrivalKind, number]): boolean =>
      count > shown.filter(({ takes }) => takes?.kind === kind).length
    return [...this.#counts].filter(isBeyond).map(([kind]) => kind)
  }

  #firstOf(key: string, count: number): readonly T[] {
    const takers = this.#byKey.get(key) ?? []
    if (takers[0]?.takes?.kind !== 'signal') return takers
    const first: T[] = []
    for (const wait of takers) {
      if (first.length === count) break
      if (!wait.ending) first.push(wait)
    }
    return first
  }
}

function keyOf({ kind, what }: Takes): string {
  return `${kind} ${what}`
}

/** Where a wait stands, or is to stand, among those that take the same. */
function placeOf(waits: readonly Taker[], { call: { position } }: Taker): number {
  let [from, to] = [0, waits.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((waits[middle]?.call.position ?? position) < position) from = middle + 1
    else to = middle
  }
  return from
}
