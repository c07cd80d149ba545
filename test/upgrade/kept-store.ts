import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item, ItemStore, Key } from '../../lib/registry/store/store.ts'

/** A store that remembers which items it has. */
export class KeptStore {
  readonly #keys = new Map<string, Key>()
  readonly #memory = new MemoryStore()
  readonly store: ItemStore

  constructor() {
    const [memory, keys] = [this.#memory, this.#keys]
    this.store = new Proxy<ItemStore>(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (name === 'write' || name === 'transact') noteKeys(keys, [args[0]].flat())
          return value.apply(target, args) as unknown
        }
      },
    })
  }

  async items(): Promise<readonly (Item & Key)[]> {
    const names = [...this.#keys.keys()].toSorted()
    const found = await Promise.all(names.map((name) => this.#memory.get(this.#keys.get(name)!)))
    return found.filter((item): item is Item & Key => item !== undefined).map(sorted)
  }
}

function noteKeys(keys: Map<string, Key>, writes: readonly unknown[]): void {
  for (const write of writes as Parameters<ItemStore['transact']>[0]) {
    const { pk, sk } = write.do === 'put' ? write.item : write.key
    keys.set(`${pk}/${sk}`, { pk, sk })
  }
}

/** The same attributes in the order of their names, so that a fixture does not depend on the order of writes. */
function sorted(item: Item & Key): Item & Key {
  const { pk, sk, ...rest } = item
  return { pk, sk, ...Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}
