import { setTimeout as pause } from 'node:timers/promises'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import type { LocalStack } from '../../lib/local/stack.ts'
import type { ProcessClient } from '../../lib/client/client.ts'
import { LeaseholdError, ProcessEnded } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import { startMessage } from '../../lib/queue/messages.ts'
import type { CallerFact } from '../simulation/history.ts'
import { ROOT } from './kinds.ts'
import { drawEndless, drawProgram, payloadFor, signalsOf, type Program, type Random } from './programs.ts'

/** Between two tries of a request that did not get through. */
const AGAIN_AFTER_MS = 150
/** Codes of failures that another try gets over. */
const PASSES = new Set(['unknown_process', 'store_unavailable', 'contended'])

/** A process that was asked for. */
export type Asked = {
  readonly id: string
  readonly program: Program
  /** Its program comes to no end of its own. */
  readonly endless: boolean
  /** A caller asks it to cancel. */
  readonly cancelled: boolean
}

export type LoadOptions = {
  readonly random: Random
  readonly client: ProcessClient
  readonly stack: LocalStack
  /** Processes that have ended, by id. */
  readonly ended: ReadonlySet<string>
  /** Open at a time. */
  readonly open: number
}

/**
 * The callers of the system: start processes, by message and through a client, signal them, cancel some, and repeat
 * each request until it was accepted, as the contract says they may.
 */
export class Load {
  readonly asked = new Map<string, Asked>()
  readonly facts: (CallerFact & { readonly at: number })[] = []
  readonly #options: LoadOptions
  readonly #talks = new Set<Promise<void>>()
  readonly #stopping = new AbortController()

  constructor(options: LoadOptions) {
    this.#options = options
  }

  get open(): readonly string[] {
    return [...this.asked.keys()].filter((id) => !this.#options.ended.has(id))
  }

  /** Keeps so many processes open until it is stopped. */
  async run(): Promise<void> {
    const { open } = this.#options
    while (!this.#stopping.signal.aborted) {
      if (this.open.length < open) this.#begin()
      await pause(this.open.length < open ? 30 : 100)
    }
  }

  /** Starts nothing more. Requests that were begun are made until they are accepted: see `settled`. */
  stop(): void {
    this.#stopping.abort()
  }

  async settled(): Promise<void> {
    while (this.#talks.size > 0) await Promise.all(this.#talks)
  }

  #begin(): void {
    const { random } = this.#options
    const id = `c-${String(this.asked.size + 1).padStart(4, '0')}`
    const endless = random() < 0.1
    const program = endless ? drawEndless(random) : drawProgram(random)
    const asked = { id, program, endless, cancelled: endless || random() < 0.07 }
    this.asked.set(id, asked)
    const moments = Array.from({ length: 8 }, random)
    const talk = this.#talk(asked, moments).finally(() => this.#talks.delete(talk))
    this.#talks.add(talk)
  }

  async #talk({ id, program, cancelled }: Asked, [way = 0, when = 0, twice = 0]: number[]): Promise<void> {
    await this.#until(() =>
      way < 0.5 ? this.#startByMessage(id, program) : this.#startByClient(id, program),
    )
    this.#log({ kind: 'started', process: id })
    for (const name of signalsOf(program)) {
      await pause(when * 400)
      const signal = { name, key: name, payload: payloadFor(name) }
      const sent = await this.#until(() => this.#options.client.signal(id, signal))
      if (!sent) continue
      this.#log({ kind: 'signalled', process: id, name, key: name, payload: JSON.stringify(signal.payload) })
      if (twice < 0.3) await this.#until(() => this.#options.client.signal(id, signal))
    }
    if (!cancelled) return
    await pause(when * 2_000)
    const reason = 'chaos'
    const asked = await this.#until(() => this.#options.client.cancel(id, reason))
    if (asked) this.#log({ kind: 'cancel-asked', process: id, reason })
  }

  async #startByMessage(id: string, program: Program): Promise<void> {
    const { stack } = this.#options
    const { kind, limits } = ROOT
    const MessageBody = startMessage({ id, kind, input: asJson(program), limits })
    await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody }))
  }

  async #startByClient(id: string, program: Program): Promise<void> {
    await this.#options.client.start(ROOT, program, { id })
  }

  /** False where the process has ended: then the request is refused for good. */
  async #until(ask: () => Promise<unknown>): Promise<boolean> {
    for (;;) {
      try {
        await ask()
        return true
      } catch (error) {
        if (error instanceof ProcessEnded) return false
        // A start message may be on its way yet; everything else that has a code and is not the store's is a bug.
        if (error instanceof LeaseholdError && !PASSES.has(error.code)) throw error
        await pause(AGAIN_AFTER_MS)
      }
    }
  }

  #log(fact: CallerFact): void {
    this.facts.push({ at: Date.now(), ...fact })
  }
}

/** A program is plain data; its type says more than JSON's. */
function asJson(program: Program): Json {
  return JSON.parse(JSON.stringify(program)) as Json
}
