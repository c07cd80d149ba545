import type {
  IndexQuery,
  Item,
  ItemStore,
  Key,
  KeysQuery,
  Range,
  Write,
} from '../../lib/registry/store/store.ts'

export type Call =
  | { readonly op: 'write'; readonly writes: readonly Write[]; readonly applied: boolean }
  | { readonly op: 'transact'; readonly writes: readonly Write[]; readonly applied: boolean }
  | { readonly op: 'get' | 'getMany' | 'range' | 'keys'; readonly writes: readonly [] }
  | { readonly op: 'index'; readonly writes: readonly []; readonly query: IndexQuery }

/** A store that remembers what was asked of it, and can be interrupted just before a write. */
export class Recorder implements ItemStore {
  readonly calls: Call[] = []
  /** Runs once, before the next write or transaction is sent: another writer gets in between. */
  interrupt: ((writes: readonly Write[]) => Promise<unknown>) | undefined
  /** Sends each write and transaction twice and answers with the second reply, as if the first had been lost. */
  twice = false
  private readonly inner: ItemStore

  constructor(inner: ItemStore) {
    this.inner = inner
  }

  /** The operations since the last look, applied writes only where `applied` is asked for. */
  ops(): string[] {
    return this.calls.splice(0).map(({ op }) => op)
  }

  applied(): number {
    return this.calls.filter((call) => 'applied' in call && call.applied).length
  }

  async write(write: Write) {
    await this.interrupted([write])
    if (this.twice) await this.inner.write(write)
    const reply = await this.inner.write(write)
    this.calls.push({ op: 'write', writes: [write], applied: reply.applied })
    return reply
  }

  async transact(writes: readonly Write[]) {
    await this.interrupted(writes)
    if (this.twice) await this.inner.transact(writes)
    const reply = await this.inner.transact(writes)
    this.calls.push({ op: 'transact', writes, applied: reply.applied })
    return reply
  }

  get(key: Key) {
    this.calls.push({ op: 'get', writes: [] })
    return this.inner.get(key)
  }

  getMany(keys: readonly Key[]) {
    this.calls.push({ op: 'getMany', writes: [] })
    return this.inner.getMany(keys)
  }

  keys(query: KeysQuery) {
    this.calls.push({ op: 'keys', writes: [] })
    return this.inner.keys(query)
  }

  range(range: Range) {
    this.calls.push({ op: 'range', writes: [] })
    return this.inner.range(range)
  }

  index(query: IndexQuery) {
    this.calls.push({ op: 'index', writes: [], query })
    return this.inner.index(query)
  }

  private async interrupted(writes: readonly Write[]): Promise<void> {
    const { interrupt } = this
    this.interrupt = undefined
    await interrupt?.(writes)
  }
}

/** Everything that stands under a process, for "changes nothing". */
export function everything(store: ItemStore, id: string): Promise<readonly Item[]> {
  return store.range({ pk: `P#${id}`, from: ' ', to: '~' })
}
