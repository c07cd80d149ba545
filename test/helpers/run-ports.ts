import type { Journal, RunPorts } from '../../lib/effects/controller.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import type { Entry, LogEntry, Payload } from '../../lib/model/log.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

/** A journal that keeps its commits in a list, one element a write, and can be made to fail or to wait. */
export class ListJournal implements Journal {
  readonly writes: (readonly Entry[])[] = []
  /** Called before a write is taken: return a promise to delay it, throw to refuse it. */
  before: () => Promise<void> | void = () => {}
  readonly #log: LogEntry[]

  constructor(log: readonly LogEntry[] = []) {
    this.#log = [...log]
  }

  async commit(entries: readonly Entry[]): Promise<void> {
    await this.before()
    this.writes.push(structuredClone(entries))
    this.append(entries)
  }

  /** Adds what a run's last write would have carried. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) this.#log.push({ ...structuredClone(entry), seq: this.#log.length + 1 })
  }

  keep(value: Json): Promise<Payload> {
    return Promise.resolve({ value })
  }

  load(payload: Payload): Promise<Json> {
    return 'value' in payload
      ? Promise.resolve(payload.value)
      : Promise.reject(new Error(`no item ${payload.ref}`))
  }

  get log(): readonly LogEntry[] {
    return [...this.#log]
  }
}

export type TestPorts = RunPorts & { clock: VirtualClock; abort: AbortController; said: string[] }

/** What a run gets from its host, on a clock that stands still. */
export function runPorts(journal: ListJournal, overrides: Partial<RunPorts> = {}): TestPorts {
  const abort = new AbortController()
  const said: string[] = []
  return {
    id: parseProcessId('order-7'),
    kind: 'order',
    attempt: 1,
    log: journal.log,
    journal,
    clock: new VirtualClock(),
    chance: seededChance(1),
    abortSignal: abort.signal,
    mayBegin: () => true,
    remainingMs: () => undefined,
    say: (message) => said.push(message),
    abort,
    said,
    ...overrides,
  } as TestPorts
}
