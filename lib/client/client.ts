import type { StandardSchemaV1 } from '@standard-schema/spec'
import { parseCallbackToken } from '../effects/callback.ts'
import type { ChildDefinition } from '../effects/definition.ts'
import { toJson } from '../effects/serialise.ts'
import type { Clock } from '../model/clock.ts'
import { type Duration, toMs } from '../model/duration.ts'
import { SignalRefused, UnknownProcess, WaitTimedOut } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import { parseProcessId, type ProcessId, type Seq } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import { WATCH_EVERY_MS } from '../model/limits.ts'
import type { LogEntry } from '../model/log.ts'
import { isEnded, type Output, type ProcessRecord } from '../model/record.ts'
import type { RegistrationInput } from '../model/registration.ts'
import type { Arrival, CallbackReply, ProcessRegistry } from '../registry/port.ts'
import { SILENT, type Telemetry } from '../telemetry/port.ts'
import { admitAs } from '../worker/queue/admit.ts'
import type { Doorbell } from '../worker/queue/doorbell.ts'
import { bellReaches, ringFor, ringUnlessRunning } from '../worker/queue/park-bell.ts'

export type ClientParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  readonly telemetry?: Telemetry
}

/** What a start may say besides its input. The definition says the rest. */
export type StartOptions = Pick<
  RegistrationInput,
  'scope' | 'provenance' | 'limits' | 'startAt' | 'concurrency' | 'urgent'
> & { readonly id: string }

/**
 * Starts, watches and talks to processes from outside, straight on the table and the queue. Every call may be repeated:
 * starts are idempotent by their id, signals and replies by their key or token, cancels by themselves.
 */
export class ProcessClient {
  readonly #parts: ClientParts & { readonly telemetry: Telemetry }

  constructor(parts: ClientParts) {
    this.#parts = { ...parts, telemetry: parts.telemetry ?? SILENT }
  }

  /** Registers a process and rings for it. Throws `InvalidId`, `InvalidInput`, `PayloadTooLarge`, `RegistrationConflict`. */
  async start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options: StartOptions,
  ): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    const raw = { ...options, kind: definition.kind, input: toJson(input, 'the input') }
    const registration = await admitAs(definition, raw)
    const dueAt = Math.max(clock.now(), registration.startAt ?? 0)
    const belled = bellReaches(dueAt, clock.now())
    const { created, record } = await registry.register(registration, { now: clock.now(), belled })
    if (created && belled) await ringFor(this.#parts, record, dueAt - clock.now())
    return record
  }

  /** Undefined where no process has the id. */
  get(id: string): Promise<ProcessRecord | undefined> {
    return this.#parts.registry.get(parseProcessId(id))
  }

  /** Waits for the end of a process and answers its output. Throws `UnknownProcess`, and `WaitTimedOut` after `timeout`. */
  async result(id: string, options: { readonly timeout?: Duration } = {}): Promise<Output> {
    return this.#poll(`the end of ${id}`, options.timeout, async () => {
      const record = await this.get(id)
      if (record === undefined) throw new UnknownProcess({ id })
      return isEnded(record) ? this.#parts.registry.outputOf(record) : undefined
    })
  }

  /** The first entry after `after` that `matches`, past or to come (C28). Throws `UnknownProcess`, `WaitTimedOut`. */
  async waitFor(
    id: string,
    matches: (entry: LogEntry) => boolean,
    options: { readonly after?: Seq; readonly timeout?: Duration } = {},
  ): Promise<LogEntry> {
    let seen = options.after ?? 0
    return this.#poll(`an event of ${id}`, options.timeout, async () => {
      for (;;) {
        const entries = await this.#parts.registry.eventsAfter(parseProcessId(id), seen)
        const found = entries.find(matches)
        if (found !== undefined || entries.length === 0) return found
        seen = entries.at(-1)?.seq ?? seen
      }
    })
  }

  /** Sends a signal; `key` makes it count once (C38). Throws `UnknownProcess`, `ProcessEnded`, `KeyConflict`, `SignalRefused`. */
  async signal(
    id: string,
    signal: { readonly name: string; readonly payload?: Json; readonly key: string },
  ): Promise<{ fresh: boolean }> {
    const { registry, clock } = this.#parts
    const payload = toJson(signal.payload ?? null, `signal ${signal.name}`)
    return this.#ringAfter(await registry.signal(parseProcessId(id), { ...signal, payload }, clock.now()))
  }

  /** Completes a callback for whoever has its token. Throws as `signal`. */
  completeCallback(token: string, value: Json = null): Promise<{ fresh: boolean }> {
    return this.#reply(token, { ok: true, value: toJson(value, 'the reply') })
  }

  /** Fails a callback: its process sees a `StepFailed` with the error's class, code and message. */
  failCallback(token: string, error: unknown): Promise<{ fresh: boolean }> {
    return this.#reply(token, { ok: false, error: factsOf(error, 'callback_failed') })
  }

  /** Says that the work behind a callback goes on. Touches nothing of the process. Throws `SignalRefused`. */
  async heartbeat(token: string): Promise<void> {
    const { id, position, secret } = readToken(token, 'heartbeat')
    await this.#parts.registry.heartbeat(id, { position, token: secret }, this.#parts.clock.now())
  }

  /** Asks a process to cancel. The same again is the same request. Throws `UnknownProcess`, `ProcessEnded`. */
  async cancel(id: string, reason: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return ringUnlessRunning(
      this.#parts,
      await registry.requestCancel(parseProcessId(id), asked(reason, by), clock.now()),
    )
  }

  /** Asks that a process be given up as abandoned once nobody holds its lease. Throws as `cancel`. */
  async abandon(id: string, reason: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return ringUnlessRunning(
      this.#parts,
      await registry.requestAbandon(parseProcessId(id), asked(reason, by), clock.now()),
    )
  }

  /** Lets a stuck process go on, once code that replays its journal is deployed. Throws `SignalRefused` where it is not stuck. */
  async resume(id: string, by?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    return ringUnlessRunning(this.#parts, await registry.resume(parseProcessId(id), by, clock.now()))
  }

  async #reply(token: string, outcome: CallbackReply['outcome']): Promise<{ fresh: boolean }> {
    const { registry, clock } = this.#parts
    const { id, position, secret } = readToken(token, 'reply')
    return this.#ringAfter(await registry.reply(id, { position, token: secret, outcome }, clock.now()))
  }

  async #ringAfter({ id, whereabouts, fresh }: Arrival): Promise<{ fresh: boolean }> {
    if (fresh && whereabouts === 'waiting') await ringFor(this.#parts, { id })
    return { fresh }
  }

  /** Looks until there is an answer, or the time is over. */
  async #poll<T>(
    name: string,
    timeout: Duration | undefined,
    look: () => Promise<T | undefined>,
  ): Promise<T> {
    const { clock } = this.#parts
    const endsAt = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + toMs(timeout, 'timeout')
    for (;;) {
      const answer = await look()
      if (answer !== undefined) return answer
      const leftMs = endsAt - clock.now()
      if (leftMs <= 0) throw new WaitTimedOut({ name })
      const { promise, resolve } = Promise.withResolvers<void>()
      clock.after(Math.min(WATCH_EVERY_MS, leftMs), resolve)
      await promise
    }
  }
}

function asked(reason: string, by: string | undefined): { reason: string; by?: string } {
  return { reason, ...(by === undefined ? {} : { by }) }
}

function readToken(token: string, what: string): { id: ProcessId; position: number; secret: string } {
  const parts = parseCallbackToken(token)
  if (parts === undefined)
    throw new SignalRefused({ id: 'the callback', asked: what, because: 'that is no callback token' })
  return { ...parts, id: parseProcessId(parts.id) }
}
