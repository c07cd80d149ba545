import type { CodeFact, Fact, HostFact, CallerFact } from '../history.ts'
import { plain, type Accepted } from './dynamo/table.ts'
import type { Fault } from './faults.ts'
import type { HostProcess } from './host-process.ts'
import { mixed } from './random.ts'
import type { Call } from './request.ts'
import { START_AT } from './scenario.ts'
import type { Schedule } from './schedule.ts'
import { Trace, type Scene } from './trace.ts'

/** What is kept of a world: facts for the checker, scenes for a reader, and a hash of all of it. */
export class HistoryRecorder {
  readonly facts: Fact[] = []
  /** The faults that happened, in their order. */
  readonly faults: Fault[] = []
  hash = 0
  /** How much has been waited for. */
  calls = 0
  takeovers = 0
  readonly #schedule: Schedule
  readonly #trace: Trace | undefined
  /** Where a write of a process stands among the facts. */
  readonly #factOf = new WeakMap<Accepted, number>()

  constructor(schedule: Schedule, options: { readonly trace: boolean }) {
    this.#schedule = schedule
    this.#trace = options.trace ? new Trace() : undefined
  }

  get scenes(): readonly Scene[] {
    return this.#trace?.scenes ?? []
  }

  /** A host process waits for something, and this goes wrong there. */
  note(hostProcess: HostProcess, what: string, fault?: Fault, asked?: Call<unknown>): void {
    // The stream is read beside everything: it neither ends the trouble sooner nor moves a deploy.
    if (!hostProcess.name.startsWith(STREAM_READERS)) this.calls += 1
    this.hash = mixed(this.hash, this.#schedule.now % 1e9, hostProcess.name, what)
    if (fault !== undefined) this.faults.push(fault)
    const [atMs, kind] = [this.#sinceStartMs(), asked === undefined ? 'note' : 'sent'] as const
    this.#trace?.add(
      { atMs, who: hostProcess.name, what, kind, ...(fault === undefined ? {} : { fault }) },
      asked,
    )
  }

  arrived(asked: Call<unknown>, refused?: unknown): void {
    this.#trace?.arrived(this.#sinceStartMs(), asked, refused === undefined ? undefined : asError(refused))
  }

  accepted(hostProcess: HostProcess, writes: readonly Accepted[], transaction: number | undefined): void {
    // A claim that also fences the lease item off is a transaction: the owner before was still running.
    const fenced = writes.some(
      ({ sk, before, after }) =>
        sk === 'PROCESS' && before?.['s']?.S === 'running' && before['f']?.N !== after?.['f']?.N,
    )
    if (fenced) this.takeovers += 1
    const tx = transaction === undefined ? {} : { tx: transaction }
    for (const write of writes) {
      const { pk, sk, before, after } = write
      if (sk === 'PROCESS') this.#factOf.set(write, this.facts.length)
      this.#fact({
        kind: 'write',
        at: this.#schedule.now,
        by: hostProcess.name,
        ...tx,
        pk,
        sk,
        before: before === undefined ? undefined : plain(before),
        after: after === undefined ? undefined : plain(after),
      })
      this.hash = mixed(this.hash, pk, sk, after?.['f']?.N ?? '', after?.['c']?.N ?? '')
    }
    this.#trace?.wrote(writes)
  }

  /** An object is in the bucket. */
  stored(key: string, bytes: Uint8Array): void {
    const after = { pk: 'BUCKET', sk: key, e: Buffer.from(bytes).toString('base64') }
    this.#fact({ kind: 'write', at: this.#schedule.now, pk: 'BUCKET', sk: key, before: undefined, after })
  }

  /** DynamoDB removed an item whose time to live has ended. */
  expired({ pk, sk, before }: Accepted): void {
    const item = before === undefined ? undefined : plain(before)
    this.#fact({ kind: 'write', at: this.#schedule.now, by: 'ttl', pk, sk, before: item, after: undefined })
    this.hash = mixed(this.hash, this.#schedule.now % 1e9, pk, sk)
    this.line('the table', `removes ${pk}/${sk}`)
  }

  heard(hostProcess: HostProcess, writes: readonly Accepted[]): void {
    for (const write of writes) {
      const fact = this.#factOf.get(write)
      if (fact !== undefined) this.did({ kind: 'heard', by: hostProcess.name, fact })
    }
  }

  did(fact: HostFact): void {
    this.#fact({ at: this.#schedule.now, ...fact })
  }

  /** Code in a host process does something. */
  ran(hostProcess: string, fact: CodeFact): void {
    this.#fact({ at: this.#schedule.now, ...fact })
    if (this.#trace !== undefined) this.line(hostProcess, saidBy(fact), 'code')
  }

  /** A caller gets an answer. */
  told(fact: CallerFact): void {
    this.#fact({ at: this.#schedule.now, ...fact })
    if (fact.kind === 'published') this.line('the bus', `has ${fact.process}: ${fact.status}`, 'told')
    else this.line('client#1', `gets an answer: ${fact.kind} ${fact.process}`, 'told')
  }

  /** For readers only. */
  line(who: string, what: string, kind: Scene['kind'] = 'note'): void {
    this.#trace?.add({ atMs: this.#sinceStartMs(), who, what, kind })
  }

  #fact(fact: Fact): void {
    this.#trace?.fact(this.facts.length)
    this.facts.push(fact)
  }

  #sinceStartMs(): number {
    return this.#schedule.now - START_AT
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** What code did, in words. */
function saidBy(fact: CodeFact): string {
  switch (fact.kind) {
    case 'body':
      return `runs ${fact.process}: the body of ${fact.effect}, attempt ${fact.attempt}`
    case 'got-input':
      return `runs ${fact.process} with the input ${short(fact.input)}`
    case 'took-signal':
      return `runs ${fact.process}: wait ${fact.nth} for signal ${fact.name} gets ${short(fact.payload)}`
    case 'gave-token':
      return `runs ${fact.process}: the token of callback ${fact.name} goes out`
    case 'took-answer':
      return `runs ${fact.process}: callback ${fact.name} gets ${short(fact.answer)}`
    case 'ran-to-end':
      return `runs ${fact.process}: the last line is done`
  }
}

const STREAM_READERS = 'outcomes-'

/** Values of generated programs begin with what they are, and continue with dots. */
function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
const SHOWN = 30
