import type { StoreFact } from '../history.ts'
import type { Say } from './observed-process.ts'
import { broken } from './violation.ts'
import { number } from './stored.ts'

/** Who holds a place under a concurrency key, and who waits for one. */
export class SlotsBook {
  readonly #byKey = new Map<
    string,
    { readonly holders: readonly string[]; readonly queue: readonly string[] }
  >()

  /** A place more is taken only while there is one; no process has two. */
  take(fact: StoreFact, index: number, say: Say): void {
    const [holders, queue] = [texts(fact.after?.['h']), texts(fact.after?.['q'])]
    const grew = holders.length > texts(fact.before?.['h']).length
    const limit = number(fact.after?.['l']) ?? 0
    const all = [...holders, ...queue]
    if (grew && holders.length > limit)
      say(broken('no key has more than its limit', fact.pk, index, `${holders.length} of ${limit} run`))
    if (new Set(all).size !== all.length)
      say(broken('no key has more than its limit', fact.pk, index, `one has two places: ${all.join()}`))
    this.#byKey.set(fact.pk, { holders, queue })
  }

  /** Has it a place under any key, among the holders or the waiters? */
  has(id: string): boolean {
    return [...this.#byKey.values()].some(({ holders, queue }) => holders.includes(id) || queue.includes(id))
  }

  /** Do others wait under this key? */
  hasQueue(key: string): boolean {
    return (this.#byKey.get(`C#${key}`)?.queue.length ?? 0) > 0
  }

  holds(id: string, key: string): boolean {
    return this.#byKey.get(`C#${key}`)?.holders.includes(id) === true
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
