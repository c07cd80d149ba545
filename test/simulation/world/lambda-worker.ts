import { VISIBILITY_PER_TIMEOUT } from '../../../lib/model/limits.ts'
import type { WorkerParts } from '../../../lib/worker/config.ts'
import { serveBatch } from '../../../lib/worker/batch.ts'
import { SqsDeadLetters } from '../../../lib/queue/sqs.ts'
import { partsOf, type Environment } from './environment.ts'
import { Host } from './host.ts'
import type { HostProcess } from './host-process.ts'
import { DEAD_LETTER_URL, simulatedSqs, type Message, type SimulatedQueue } from './queue.ts'

/** One execution environment of the worker function: one batch at a time, frozen in between, killed at its timeout. */
export class LambdaWorker extends Host {
  readonly #timeoutMs: number
  readonly #batchMax: number
  #parts: { hostProcess: HostProcess; worker: WorkerParts; deadLetters: SqsDeadLetters } | undefined
  #batch: readonly Message[] | undefined
  #from: SimulatedQueue | undefined
  #stopTimeout: () => void = () => {}

  constructor(environment: Environment, name: string, options: { timeoutMs: number; batchMax: number }) {
    super(environment, name)
    this.#timeoutMs = options.timeoutMs
    this.#batchMax = options.batchMax
  }

  get working(): boolean {
    return this.#batch !== undefined
  }

  /** Receives a batch of one queue, if it has nothing to do and there is one. */
  poll(): void {
    if (this.working) return
    const { isolationQueue, urgentQueue, queue } = this.environment
    const from = [isolationQueue, urgentQueue].find((each) => (each?.backlog ?? 0) > 0) ?? queue
    const batch = from.receive(from === isolationQueue ? 1 : this.#batchMax)
    if (batch.length === 0) return
    this.#batch = batch
    this.#from = from
    const cold = this.hostProcess === undefined || this.hostProcess.dead
    const { schedule } = this.environment
    schedule.at(schedule.now + (cold ? 100 + this.random.next() * 900 : 1), this.random.next(), () =>
      this.#invoke(batch),
    )
  }

  #invoke(batch: readonly Message[]): void {
    const { schedule } = this.environment
    const hostProcess = this.alive()
    if (this.#parts?.hostProcess !== hostProcess) {
      const sqs = simulatedSqs(this.environment, hostProcess)
      this.#parts = {
        hostProcess,
        worker: partsOf(this.environment, hostProcess),
        deadLetters: new SqsDeadLetters({ client: sqs, queueUrl: DEAD_LETTER_URL }),
      }
    }
    hostProcess.thaw()
    const endsAt = schedule.now + this.#timeoutMs
    this.#stopTimeout = schedule.at(endsAt, this.random.next(), () => hostProcess.die('its time is up'))
    const execution = {
      hardAt: hostProcess.clock.now() + this.#timeoutMs,
      remainingMs: () => Math.max(0, Math.floor(endsAt - schedule.now)),
    }
    this.environment.note(hostProcess, `is given ${batch.length} messages`)
    const deliveries = batch.map(({ messageId: id, body }) => ({ id, body }))
    void serveBatch(this.#parts, deliveries, execution).then((failed) => {
      if (hostProcess.dead) return
      this.environment.note(
        hostProcess,
        `has served them${failed.length === 0 ? '' : `, but for ${failed.length}`}`,
      )
      this.#over((message) => failed.includes(message.messageId))
      hostProcess.freeze()
      this.rested()
    })
  }

  protected died(): void {
    this.#over(() => true)
  }

  #over(comesBack: (message: Message) => boolean): void {
    const { schedule } = this.environment
    this.#stopTimeout()
    for (const message of this.#batch ?? []) {
      if (comesBack(message)) this.#from?.comesBack(message, this.#timeoutMs * VISIBILITY_PER_TIMEOUT)
      else if (this.hostProcess !== undefined) this.#delete(this.hostProcess, message)
    }
    this.#batch = undefined
    schedule.at(schedule.now + 1, this.random.next(), () => this.poll())
  }

  #delete(hostProcess: HostProcess, message: Message): void {
    const fault = hostProcess.strike('delete', `message ${message.messageId} is deleted`)
    if (fault?.kind === 'message comes back') this.#from?.comesBack(message, fault.ms ?? 0)
  }
}
