import type { StandardSchemaV1 } from '@standard-schema/spec'
import { definitionsByKind, parseToJson, type AnyDefinition } from '../effects/definition.ts'
import type { ChildDefinition } from '../effects/context.ts'
import { toJson } from '../model/serialise.ts'
import type { Clock } from '../model/clock.ts'
import { toMs } from '../model/duration.ts'
import { WaitTimedOut } from '../model/errors.ts'
import { expectConfig, type Options } from '../model/options.ts'
import { factsOf } from '../model/failure.ts'
import { hashOf, sameHash } from '../model/hash.ts'
import { parseProcessId, type ProcessId } from '../model/ids.ts'
import type { JsonCheck } from '../model/json.ts'
import type { LogEntry } from '../model/log.ts'
import { isEnded, type Output, type ProcessRecord, type TerminalRecord } from '../model/record.ts'
import type {
  Arrival,
  CallbackReply,
  ListedProcess,
  ListQuery,
  Page,
  ProcessRegistry,
} from '../registry/port.ts'
import { SILENT, type Telemetry } from '../telemetry/port.ts'
import type { Doorbell } from '../queue/doorbell.ts'
import { sendWakeup, wakeUnlessRunning } from '../queue/wakeups.ts'
import { validateClientStart, asked } from './valid-start.ts'
import {
  nextEvents,
  readToken,
  retryOne,
  startAll,
  startOne,
  untilEnded,
  type DirectParts,
} from './direct.ts'
import { firstMatch, follow, type EventsSource } from './following.ts'
import type {
  ExternalOutput,
  FollowOptions,
  GetOptions,
  OutputOf,
  Processes,
  ResultOptions,
  RetryOptions,
  StartOf,
  StartOptions,
  StartReply,
  SignalToSend,
} from './processes.ts'
import { OPTIONS_OF } from './options.ts'
import { readResultArguments, typed, type ResultAsked } from './results.ts'
import { toStartReply, withDerived, type Derived } from './view.ts'

export type ClientParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  readonly telemetry?: Telemetry
  /**
   * Where a retry finds what a definition says today, and an external process the schema of its output. Without them a retry
   * repeats what was recorded, and an output is taken as it is given. A list without a kind or scope is of these kinds.
   */
  readonly definitions?: readonly AnyDefinition[]
}

const PARTS: Options<ClientParts> = {
  registry: 'any',
  doorbell: 'any',
  clock: 'any',
  telemetry: 'any',
  definitions: 'any',
}

/** `Processes` straight on the table and the queue; answers whole records. */
export class ProcessClient implements Processes {
  readonly #parts: DirectParts
  readonly #definitions: ReadonlyMap<string, AnyDefinition>

  constructor(parts: ClientParts) {
    expectConfig<ClientParts>(parts, PARTS)
    const { registry, doorbell, clock, telemetry = SILENT, definitions = [] } = parts
    this.#parts = { registry, doorbell, clock, telemetry }
    this.#definitions = definitionsByKind(definitions)
  }

  async start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options: StartOptions,
  ): Promise<ProcessRecord> {
    return (
      await startOne(this.#parts, await validateClientStart(this.#parts, definition, { ...options, input }))
    ).record
  }

  async startMany<Definition extends ChildDefinition>(
    definition: Definition,
    starts: readonly StartOf<Definition>[],
  ): Promise<readonly StartReply[]> {
    const replies = await startAll(
      this.#parts,
      starts.map((start) => () => validateClientStart(this.#parts, definition, start)),
    )
    return replies.map((reply, index) => toStartReply(starts[index]?.id ?? '', reply))
  }

  async get(id: string, options: GetOptions = {}): Promise<(ProcessRecord & Derived) | undefined> {
    OPTIONS_OF.get(options)
    const { registry } = this.#parts
    const record = await registry.get(parseProcessId(id))
    if (record === undefined) return undefined
    return withDerived(record, options.include === undefined ? undefined : await registry.heldBy(record))
  }

  async list(query: ListQuery): Promise<Page<ListedProcess>> {
    OPTIONS_OF.list(query)
    const { kind, scope, ...rest } = query
    if (kind !== undefined || scope !== undefined) return await this.#parts.registry.list(query)
    return await this.#parts.registry.listKinds({ ...rest, kinds: [...this.#definitions.keys()] })
  }

  result(id: string, options?: ResultOptions): Promise<Output>
  result<Definition extends ChildDefinition>(
    definition: Definition,
    id: string,
    options?: ResultOptions,
  ): Promise<OutputOf<Definition>>
  async result(...asked: ResultAsked): Promise<Output> {
    const { definition, id, timeout } = readResultArguments(asked)
    const waitMs = timeout === undefined ? Number.POSITIVE_INFINITY : toMs(timeout, 'timeout')
    const record = await untilEnded(this.#parts, parseProcessId(id), waitMs)
    if (!isEnded(record)) throw new WaitTimedOut({ name: `the end of ${id}` })
    return typed(definition, record, await this.#parts.registry.outputOf(record))
  }

  events(id: string, options: FollowOptions = {}): AsyncGenerator<LogEntry, void, undefined> {
    return follow(id, this.#events(id), options)
  }

  waitFor(
    id: string,
    matches: (entry: LogEntry) => boolean,
    options: Parameters<Processes['waitFor']>[2] = {},
  ): Promise<LogEntry> {
    return firstMatch(id, this.#events(id), matches, options)
  }

  async signal<Payload>(id: string, signal: SignalToSend<Payload>): Promise<{ fresh: boolean }> {
    OPTIONS_OF.signal(signal)
    const { registry, clock } = this.#parts
    const payload = toJson(signal.payload ?? null, `signal ${signal.name}`)
    return this.#wakeAfter(await registry.signal(parseProcessId(id), { ...signal, payload }, clock.now()))
  }

  completeCallback(token: string): Promise<{ fresh: boolean }>
  completeCallback<Value>(token: string, value: Value & JsonCheck<Value>): Promise<{ fresh: boolean }>
  async completeCallback(token: string, value: unknown = null): Promise<{ fresh: boolean }> {
    return this.#reply(token, { ok: true, value: toJson(value, 'the reply') })
  }

  failCallback(token: string, error: unknown): Promise<{ fresh: boolean }> {
    return this.#reply(token, { ok: false, error: factsOf(error, 'callback_failed') })
  }

  async heartbeat(token: string): Promise<void> {
    const { id, position, secret } = readToken(token, 'heartbeat')
    await this.#parts.registry.heartbeat(id, { position, token: secret }, this.#parts.clock.now())
  }

  async completeExternal<Value>(
    id: string,
    token: string,
    output: ExternalOutput<Value & JsonCheck<Value>>,
  ): Promise<TerminalRecord> {
    OPTIONS_OF.output(output)
    const { registry, clock } = this.#parts
    const made = await this.#outputMade(parseProcessId(id), token, output)
    const record = await registry.completeExternal(parseProcessId(id), token, made, clock.now())
    // Its parent or the next of its concurrency key may have to be told: a worker looks at it once more.
    if (record.pendingNotifications === true) await sendWakeup(this.#parts, record)
    return record
  }

  /** `by` says who asks, for the record. */
  async cancel(id: string, reason?: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return wakeUnlessRunning(
      this.#parts,
      await registry.requestCancel(parseProcessId(id), asked(reason, by), clock.now()),
    )
  }

  async abandon(id: string, reason?: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return wakeUnlessRunning(
      this.#parts,
      await registry.requestAbandon(parseProcessId(id), asked(reason, by), clock.now()),
    )
  }

  async resume(id: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return wakeUnlessRunning(this.#parts, await registry.resume(parseProcessId(id), by, clock.now()))
  }

  async retry(id: string, options: RetryOptions = {}): Promise<ProcessRecord> {
    OPTIONS_OF.retry(options)
    return (await retryOne(this.#parts, this.#definitions, parseProcessId(id), options)).record
  }

  #events(id: string): { clock: Clock; source: EventsSource } {
    const { clock } = this.#parts
    const source: EventsSource = async (after, waitMs, signal) => {
      const at = { after, waitMs, ...(signal === undefined ? {} : { signal }) }
      return nextEvents(this.#parts, parseProcessId(id), at)
    }
    return { clock, source }
  }

  /** What the schema of the kind's definition makes of an output from outside, where this client knows that definition. */
  async #outputMade(id: ProcessId, token: string, output: ExternalOutput<unknown>): Promise<ExternalOutput> {
    if (output.outcome !== 'success') return output
    const value = toJson(output.value, 'the output')
    const record = this.#definitions.size === 0 ? undefined : await this.#parts.registry.get(id)
    const definition = record && this.#definitions.get(record.kind)
    // A stranger to the process is not told what its schema takes.
    if (definition === undefined || !sameHash(record?.completionHash ?? '', hashOf(token)))
      return { ...output, value }
    return { ...output, value: await parseToJson(definition.output, value, `the output of ${id}`) }
  }

  async #reply(token: string, outcome: CallbackReply['outcome']): Promise<{ fresh: boolean }> {
    const { registry, clock } = this.#parts
    const { id, position, secret } = readToken(token, 'reply')
    return this.#wakeAfter(await registry.reply(id, { position, token: secret, outcome }, clock.now()))
  }

  async #wakeAfter({ id, wakes, fresh }: Arrival): Promise<{ fresh: boolean }> {
    // Also for a repetition: the caller of the first one may have died before its wake-up.
    if (wakes) await sendWakeup(this.#parts, { id })
    return { fresh }
  }
}
