import type { ChildStart, Journal, RunPorts, ChildStartResult } from '../../lib/effects/controller.ts'
import { RegistrationConflict } from '../../lib/model/errors.ts'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import type { Entry, LogEntry, Payload } from '../../lib/model/log.ts'
import type { Output } from '../../lib/model/record.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

/** A journal that keeps its commits in a list, one element a write, and can be made to fail or to wait. */
export class ListJournal implements Journal {
  readonly writes: (readonly Entry[])[] = []
  readonly parks: { on: readonly string[]; dueAt: number | undefined }[] = []
  readonly children = new Map<ProcessId, ChildStart>()
  readonly outputs = new Map<string, Output>()
  readonly tokens = new Map<number, string>()
  readonly beats = new Map<number, number>()
  /** Called before a write is taken: return a promise to delay it, throw to refuse it. */
  before: () => Promise<void> | void = () => {}
  #tell: (entries: readonly LogEntry[]) => void = () => {}
  #untold: LogEntry[] = []
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
  append(entries: readonly Entry[]): LogEntry[] {
    const added = entries.map((entry, index) => ({
      ...structuredClone(entry),
      seq: this.#log.length + 1 + index,
    }))
    this.#log.push(...added)
    return added
  }

  /** A caller appends while the run continues: told at once, or only when a park finds it. */
  arrive(entry: Entry, options: { unseen: boolean } = { unseen: false }): void {
    const added = this.append([entry])
    if (options.unseen) this.#untold.push(...added)
    else this.#tell(added)
  }

  keep(value: Json): Promise<Payload> {
    return Promise.resolve({ value })
  }

  load(payload: Payload): Promise<Json> {
    return 'value' in payload
      ? Promise.resolve(payload.value)
      : Promise.reject(new Error(`no item ${payload.ref}`))
  }

  async park(
    entries: readonly Entry[],
    wait: { on: readonly string[]; dueAt: number | undefined },
  ): Promise<boolean> {
    await this.before()
    if (this.#untold.length > 0) {
      this.#tell(this.#untold.splice(0))
      return false
    }
    this.writes.push(structuredClone(entries))
    this.append(entries)
    this.parks.push(wait)
    return true
  }

  async startChild(entries: readonly Entry[], child: ChildStart): Promise<ChildStartResult> {
    if (this.children.has(child.id))
      return new RegistrationConflict({ id: child.id, stored: 'h-1', asked: 'h-2' })
    await this.commit(entries)
    this.children.set(child.id, child)
    return 'started'
  }

  childOutput(id: ProcessId): Promise<Output> {
    const output = this.outputs.get(id)
    return output === undefined ? Promise.reject(new Error(`no child ${id}`)) : Promise.resolve(output)
  }

  openCallback(position: number, token: string): Promise<void> {
    this.tokens.set(position, token)
    return Promise.resolve()
  }

  lastHeartbeat(position: number): Promise<number | undefined> {
    return Promise.resolve(this.beats.get(position))
  }

  onArrival(listener: (entries: readonly LogEntry[]) => void): void {
    this.#tell = listener
  }

  fence(): ReturnType<Journal['fence']> {
    return {
      TableName: 't',
      Key: {},
      ConditionExpression: '',
      ExpressionAttributeNames: {},
      ExpressionAttributeValues: {},
    }
  }

  get log(): readonly LogEntry[] {
    return [...this.#log]
  }
}

export type TestPorts = RunPorts & {
  clock: VirtualClock
  abort: AbortController
  halt: AbortController
  said: string[]
}

/** What a run gets from its host, on a clock that stands still. */
export function runPorts(journal: ListJournal, overrides: Partial<RunPorts> = {}): TestPorts {
  const abort = new AbortController()
  const halt = new AbortController()
  const said: string[] = []
  return {
    id: parseProcessId('order-7'),
    kind: 'order',
    attempt: 1,
    log: journal.log,
    events: {},
    journal,
    clock: new VirtualClock(),
    chance: seededChance(1),
    abortSignal: abort.signal,
    haltSignal: halt.signal,
    overSignal: new AbortController().signal,
    expectHeld: () => {},
    mayBegin: () => true,
    remainingMs: () => undefined,
    traceStep: (_step: object, body: () => Promise<unknown>) => body(),
    say: (message: string) => said.push(message),
    sayFailed: () => {},
    sayRefused: () => {},
    warn: (message: string) => said.push(message),
    placeOf: () => undefined,
    timeoutMs: 0,
    abort,
    halt,
    said,
    ...overrides,
  } as TestPorts
}
