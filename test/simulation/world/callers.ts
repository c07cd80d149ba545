import { ProcessClient } from '../../../lib/client/client.ts'
import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { LeaseholdError } from '../../../lib/model/errors.ts'
import type { ListedProcess, ListQuery } from '../../../lib/registry/port.ts'
import { startMessage } from '../../../lib/queue/messages.ts'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { OUTER_FAILED, outputText, type CallerFact } from '../history.ts'
import { doorbellOf, registryOf, type Environment } from './environment.ts'
import type { HostProcess } from './host-process.ts'
import { simulatedSqs, URGENT_URL, WORK_URL } from './queue.ts'
import type { GivenToken, Load, Request, StartExtras, StuckRequest, TokenUse } from './scenario.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 20 * 60_000
/** Looks at a process that is not there: its parent may never come to start it. */
const TRIES_MAX = 60

/** An answer to a callback, by a caller with its token. */
type Given = Omit<GivenToken, 'uses' | 'beatsMs'>
type AnswerRequest = Given & TokenUse & { readonly do: 'answer' }
type BeatRequest = Given & { readonly do: 'beat' }
type Asked = Request | AnswerRequest | BeatRequest

/** People and systems that ask for things: each request continues until it is accepted, or refused for good. */
export class Callers {
  readonly #environment: Environment
  readonly #hostProcess: HostProcess
  readonly #client: ProcessClient
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  readonly #requests: readonly Request[]
  readonly #whenStuck: readonly StuckRequest[]
  readonly #cancelled = new Set<string>()
  /** Tokens that were given away: a step that runs again gives the same one. */
  readonly #given = new Set<string>()
  #told: (fact: CallerFact) => void = () => {}

  constructor(
    environment: Environment,
    definitions: readonly AnyDefinition[],
    { requests, whenStuck = [] }: Load,
  ) {
    this.#whenStuck = whenStuck
    this.#environment = environment
    this.#requests = requests
    this.#hostProcess = environment.born('client#1')
    this.#definitions = new Map(definitions.map((definition) => [definition.kind, definition]))
    const hostProcess = this.#hostProcess
    this.#client = new ProcessClient({
      registry: registryOf(environment, hostProcess),
      doorbell: doorbellOf(environment, hostProcess),
      clock: hostProcess.clock,
    })
  }

  /** `told` hears of each request that was accepted. */
  begin(told: (fact: CallerFact) => void): void {
    this.#told = told
    for (const request of this.#requests)
      this.#hostProcess.later(request.atMs, () => void this.#pursue(request, 1))
  }

  /** Is given a callback's token, and what is done with it. */
  take({ uses, beatsMs, ...given }: GivenToken): void {
    if (this.#given.has(given.token)) return
    this.#given.add(given.token)
    for (const use of uses)
      this.#hostProcess.later(use.afterMs, () => void this.#pursue({ do: 'answer', ...given, ...use }, 1))
    for (const afterMs of beatsMs)
      this.#hostProcess.later(afterMs, () => void this.#pursue({ do: 'beat', ...given }, 1))
  }

  async #pursue(request: Asked, tries: number): Promise<void> {
    try {
      await this.#ask(request)
    } catch (error) {
      const hopeless = error instanceof LeaseholdError && HOPELESS.has(error.code)
      if (hopeless)
        this.#told({ kind: 'refused', process: request.process, asked: request.do, code: error.code })
      if (!hopeless && tries < TRIES_MAX) {
        this.#hostProcess.later(
          Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)),
          () => void this.#pursue(request, tries + 1),
        )
      }
    }
  }

  /** A process got stuck: what people do about that. Callers cancel it once, operators resume it each time. */
  stuck(process: string): void {
    for (const request of this.#whenStuck) {
      if (request.process !== process) continue
      const { do: what, afterMs } = request
      if (what === 'resume') this.#hostProcess.later(afterMs, () => this.resume(process))
      else if (!this.#cancelled.has(process)) {
        this.#cancelled.add(process)
        const cancel = { do: 'cancel', process, atMs: 0, reason: 'it was stuck' } as const
        this.#hostProcess.later(afterMs, () => void this.#pursue(cancel, 1))
      }
    }
  }

  /** What an operator does about a stuck process once good code is deployed everywhere. */
  resume(process: string): void {
    void this.#untilDone(() => this.#client.resume(process, 'an operator'))
  }

  /** What an operator does about a process whose server is gone. */
  giveUp(process: string): void {
    const reason = 'its server is gone'
    void this.#untilDone(async () => {
      await this.#client.abandon(process, reason, 'an operator')
      this.#told({ kind: 'abandon-asked', process, reason })
    })
  }

  async #untilDone(ask: () => Promise<unknown>, tries = 1): Promise<void> {
    try {
      await ask()
    } catch (error) {
      if (error instanceof LeaseholdError && HOPELESS.has(error.code)) return
      if (tries < TRIES_MAX)
        this.#hostProcess.later(FIRST_PAUSE_MS, () => void this.#untilDone(ask, tries + 1))
    }
  }

  async #ask(request: Asked): Promise<void> {
    const { process } = request
    switch (request.do) {
      case 'start':
        await this.#start(request)
        if (request.isRefused === true) return
        return this.#told({ kind: 'started', process, ...(request.byMessage ? { byMessage: true } : {}) })
      case 'signal': {
        const { name, key, payload } = request
        await this.#client.signal(process, { name, key, payload })
        return this.#told({ kind: 'signalled', process, name, key, payload: JSON.stringify(payload) })
      }
      case 'cancel':
        await this.#client.cancel(process, request.reason)
        return this.#told({ kind: 'cancel-asked', process, reason: request.reason })
      case 'abandon':
        await this.#client.abandon(process, request.reason)
        return this.#told({ kind: 'abandon-asked', process, reason: request.reason })
      case 'complete': {
        const { token, says, fails } = request
        const error = { class: 'Error', code: OUTER_FAILED, message: says }
        const output = fails
          ? ({ outcome: 'failure', error } as const)
          : ({ outcome: 'success', value: says } as const)
        await this.#client.completeExternal(process, token, output)
        return this.#told({ kind: 'completed', process, token, output: outputText({ says, fails }) })
      }
      case 'list':
        return this.#list(request.query)
      case 'beat':
        await this.#client.heartbeat(request.token)
        return this.#told({ kind: 'beat', process, name: request.name, token: request.token })
      case 'answer': {
        const { name, says, fails, forged } = request
        const token = forged ? guessed(request.token) : request.token
        if (fails) await this.#client.failCallback(token, new Error(says))
        else await this.#client.completeCallback(token, says)
        const answer = fails ? `failed: ${says}` : JSON.stringify(says)
        return this.#told({ kind: 'answered', process, name, token, answer })
      }
    }
  }

  async #list(query: ListQuery): Promise<void> {
    const beganAt = this.#environment.schedule.now
    const items: ListedProcess[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await this.#client.list(cursor === undefined ? query : { ...query, cursor })
      items.push(...page.items)
      cursor = page.cursor
      pages += 1
    } while (cursor !== undefined)
    const { kind, scope, status } = query
    const group = scope === undefined ? `k#${kind}#` : `s#${scope}#`
    const listed = items.map(({ id, status: shown, createdAt }) => ({ id, status: shown, createdAt }))
    this.#told({
      kind: 'listed',
      process: '',
      group,
      pages,
      beganAt,
      items: listed,
      ...(status === undefined ? {} : { status }),
    })
  }

  async #start(request: Extract<Request, { do: 'start' }>): Promise<void> {
    const { process: id, kind, input } = request
    const options = { id, ...request.options }
    if (request.byMessage) {
      const sqs = simulatedSqs(this.#environment, this.#hostProcess)
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: options.urgent === true ? URGENT_URL : WORK_URL,
          MessageBody: startMessage({ ...options, ...recoveryOf(options), kind, input }),
        }),
      )
      return
    }
    const definition = this.#definitions.get(kind)
    if (definition === undefined) throw new Error(`a load starts what it defines: ${kind}`)
    await this.#client.start(definition, input, options)
  }
}

/** A message says so itself, since its kind may not be deployed. */
function recoveryOf({ completionToken }: StartExtras): { readonly recovery?: 'external' } {
  return completionToken === undefined ? {} : { recovery: 'external' }
}

/** The same callback, and another secret of the same length. */
function guessed(token: string): string {
  const last = token.endsWith('A') ? 'B' : 'A'
  return `${token.slice(0, -1)}${last}`
}

/** Asking again would be answered the same. */
const HOPELESS = new Set([
  'process_ended',
  'signal_refused',
  'registration_conflict',
  'key_conflict',
  'invalid_input',
  'completion_conflict',
  'completion_refused',
  'no_longer_retained',
])
