import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ChildDefinition } from '../../effects/context.ts'
import { toJson } from '../../model/serialise.ts'
import { toMs } from '../../model/duration.ts'
import { LeaseholdError, UnknownProcess, WaitTimedOut } from '../../model/errors.ts'
import { factsOf } from '../../model/failure.ts'
import { processPath } from './process-path.ts'
import type { JsonCheck } from '../../model/json.ts'
import { API_WAIT_MAX_MS } from '../../model/limits-http.ts'
import type { LogEntry } from '../../model/log.ts'
import type { Output } from '../../model/record.ts'
import type { ListedProcess, ListQuery, Page } from '../../registry/port.ts'
import { OPTIONS_OF } from '../options.ts'
import { firstMatch, follow, type EventsPage, type EventsSource } from '../following.ts'
import type {
  ExternalOutput,
  FollowOptions,
  GetOptions,
  OutputOf,
  Processes,
  ProcessView,
  ResultOptions,
  RetryOptions,
  StartOf,
  StartOptions,
  StartReply,
  SignalToSend,
} from '../processes.ts'
import { readResultArguments, typed, type ResultAsked } from '../results.ts'
import { batchesOf, bodyOf, bodyOrRefusal, inOrder, readBatchResult, type BatchResult } from './batches.ts'
import { transportOf, type HttpClientOptions } from './options.ts'
import { send, type ApiCall, type TransportParts } from './transport.ts'

/** `Processes` over the API. Holds nothing but its options: any number may be made of it. */
export class HttpProcessClient implements Processes {
  readonly #parts: TransportParts

  /** Throws `InvalidConfig` where the URL is none. */
  constructor(options: HttpClientOptions) {
    this.#parts = transportOf(options)
  }

  async start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options: StartOptions,
  ): Promise<ProcessView> {
    return this.#ask<ProcessView>('/v1/processes', await bodyOf(definition, { ...options, input }))
  }

  async startMany<Definition extends ChildDefinition>(
    definition: Definition,
    starts: readonly StartOf<Definition>[],
  ): Promise<readonly StartReply[]> {
    const asked = await Promise.all(starts.map((start) => bodyOrRefusal(definition, start)))
    const answered: StartReply[] = []
    for (const batch of batchesOf(asked.filter((each) => !(each instanceof LeaseholdError)))) {
      const body = { starts: batch }
      const { results } = await this.#ask<{ results: readonly BatchResult[] }>('/v1/processes/batch', body)
      answered.push(...results.map(readBatchResult))
    }
    return inOrder(starts, asked, answered)
  }

  async get(id: string, options: GetOptions = {}): Promise<ProcessView | undefined> {
    OPTIONS_OF.get(options)
    try {
      return await this.#read<ProcessView>(processPath(id), options)
    } catch (error) {
      if (error instanceof UnknownProcess) return undefined
      throw error
    }
  }

  async list(asked: ListQuery): Promise<Page<ListedProcess>> {
    OPTIONS_OF.list(asked)
    const { createdFrom, createdBefore, ...query } = asked
    return await this.#read('/v1/processes', { ...query, from: createdFrom, to: createdBefore })
  }

  result(id: string, options?: ResultOptions): Promise<Output>
  result<Definition extends ChildDefinition>(
    definition: Definition,
    id: string,
    options?: ResultOptions,
  ): Promise<OutputOf<Definition>>
  async result(...asked: ResultAsked): Promise<Output> {
    const { definition, id, timeout } = readResultArguments(asked)
    const { clock } = this.#parts
    const endsAt = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + toMs(timeout, 'timeout')
    for (;;) {
      const waitMs = waitOf(endsAt - clock.now())
      const call: ApiCall = { method: 'GET', path: processPath(id, 'result'), query: { waitMs }, waitMs }
      const { status, body } = await send(this.#parts, call)
      if (status === 200) {
        const ended = body as { id: string; kind?: string; output: Output }
        return typed(definition, ended, ended.output)
      }
      if (clock.now() >= endsAt) throw new WaitTimedOut({ name: `the end of ${id}` })
    }
  }

  events(id: string, options: FollowOptions = {}): AsyncGenerator<LogEntry, void, undefined> {
    return follow(id, { clock: this.#parts.clock, source: this.#events(id) }, options)
  }

  waitFor(
    id: string,
    matches: (entry: LogEntry) => boolean,
    options: Parameters<Processes['waitFor']>[2] = {},
  ): Promise<LogEntry> {
    return firstMatch(id, { clock: this.#parts.clock, source: this.#events(id) }, matches, options)
  }

  async signal<Payload>(id: string, signal: SignalToSend<Payload>): Promise<{ fresh: boolean }> {
    OPTIONS_OF.signal(signal)
    const payload = toJson(signal.payload ?? null, `signal ${signal.name}`)
    return this.#ask(processPath(id, 'signals'), { name: signal.name, key: signal.key, payload })
  }

  completeCallback(token: string): Promise<{ fresh: boolean }>
  completeCallback<Value>(token: string, value: Value & JsonCheck<Value>): Promise<{ fresh: boolean }>
  async completeCallback(token: string, value: unknown = null): Promise<{ fresh: boolean }> {
    return this.#ask('/v1/callbacks/complete', { token, value: toJson(value, 'the reply') })
  }

  failCallback(token: string, error: unknown): Promise<{ fresh: boolean }> {
    return this.#ask('/v1/callbacks/fail', { token, error: factsOf(error, 'callback_failed') })
  }

  async heartbeat(token: string): Promise<void> {
    await this.#ask('/v1/callbacks/heartbeat', { token })
  }

  async completeExternal<Value>(
    id: string,
    token: string,
    output: ExternalOutput<Value & JsonCheck<Value>>,
  ): Promise<ProcessView> {
    OPTIONS_OF.output(output)
    const said =
      output.outcome === 'success' ? { ...output, value: toJson(output.value, 'the output') } : output
    return this.#ask(processPath(id, 'complete'), { token, output: said })
  }

  /** The API records who asks by the identity of the request. */
  async cancel(id: string, reason?: string): Promise<ProcessView> {
    OPTIONS_OF.reason(reason)
    return this.#ask(processPath(id, 'cancel'), { reason })
  }

  async abandon(id: string, reason?: string): Promise<ProcessView> {
    OPTIONS_OF.reason(reason)
    return this.#ask(processPath(id, 'abandon'), { reason })
  }

  async resume(id: string): Promise<ProcessView> {
    return this.#ask(processPath(id, 'resume'), {})
  }

  async retry(id: string, options: RetryOptions = {}): Promise<ProcessView> {
    OPTIONS_OF.retry(options)
    return this.#ask(processPath(id, 'retry'), options)
  }

  #events(id: string): EventsSource {
    return async (after, leftMs, signal) => {
      const waitMs = waitOf(leftMs)
      const call: ApiCall = {
        method: 'GET',
        path: processPath(id, 'events'),
        query: { after, waitMs },
        waitMs,
      }
      const { body } = await send(this.#parts, { ...call, ...(signal === undefined ? {} : { signal }) })
      return body as EventsPage
    }
  }

  async #read<Answer>(path: string, query: ApiCall['query'] = {}): Promise<Answer> {
    return (await send(this.#parts, { method: 'GET', path, query })).body as Answer
  }

  async #ask<Answer>(path: string, body: object): Promise<Answer> {
    return (await send(this.#parts, { method: 'POST', path, body })).body as Answer
  }
}

function waitOf(leftMs: number): number {
  return Math.max(0, Math.min(API_WAIT_MAX_MS, Math.ceil(leftMs)))
}
