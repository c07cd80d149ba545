import { MAX_RECEIVES, VISIBILITY_PER_TIMEOUT } from '../../../lib/model/limits.ts'
import type { WorkerParts } from '../../../lib/worker/config.ts'
import { serveBatch } from '../../../lib/worker/batch.ts'
import { SqsRedelivery, toDelivery, type SqsRecord } from '../../../lib/queue/redelivery.ts'
import { SqsDeadLetters } from '../../../lib/queue/sqs.ts'
import { partsOf, type Environment } from './environment.ts'
import { Host } from './host.ts'
import type { HostProcess } from './host-process.ts'
import { Deliveries } from './deliveries.ts'
import {
  DEAD_LETTER_URL,
  ISOLATION_URL,
  simulatedSqs,
  URGENT_URL,
  WORK_URL,
  type Received,
  type SimulatedQueue,
} from './queue.ts'

/** One execution environment of the worker function: one batch at a time, frozen in between, killed at its timeout. */
export class LambdaWorker extends Host {
  readonly #timeoutMs: number
  readonly #batchMax: number
  #parts:
    | {
        hostProcess: HostProcess
        worker: WorkerParts
        deadLetters: SqsDeadLetters
        redelivery: SqsRedelivery
      }
    | undefined
  #batch: readonly Received[] | undefined
  #from: SimulatedQueue | undefined
  #deliveries: Deliveries | undefined
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
    const hiddenMs = this.#timeoutMs * VISIBILITY_PER_TIMEOUT
    const batch = from.receive(from === isolationQueue ? 1 : this.#batchMax, hiddenMs)
    if (batch.length === 0) return
    this.#batch = batch
    this.#from = from
    const cold = this.hostProcess === undefined || this.hostProcess.dead
    const { schedule } = this.environment
    schedule.at(schedule.now + (cold ? 100 + this.random.next() * 900 : 1), this.random.next(), () =>
      this.#invoke(batch, from),
    )
  }

  #invoke(batch: readonly Received[], from: SimulatedQueue): void {
    const { schedule } = this.environment
    const hostProcess = this.alive()
    if (this.#parts?.hostProcess !== hostProcess) {
      const sqs = simulatedSqs(this.environment, hostProcess)
      this.#parts = {
        hostProcess,
        worker: partsOf(this.environment, hostProcess),
        deadLetters: new SqsDeadLetters({ client: sqs, queueUrl: DEAD_LETTER_URL }),
        redelivery: new SqsRedelivery({
          client: sqs,
          queueUrls: [WORK_URL, URGENT_URL, ISOLATION_URL],
          maxAttempts: MAX_RECEIVES,
        }),
      }
    }
    hostProcess.thaw()
    const endsAt = schedule.now + this.#timeoutMs
    this.#stopTimeout = schedule.at(endsAt, this.random.next(), () => hostProcess.die('its time is up'))
    const execution = {
      ...(this.environment.hides && { beganAt: hostProcess.clock.now() }),
      hardAt: hostProcess.clock.now() + this.#timeoutMs,
      remainingMs: () => Math.max(0, Math.floor(endsAt - schedule.now)),
    }
    this.environment.note(hostProcess, `is given ${batch.length} messages`)
    this.#deliveries = new Deliveries(this.environment, hostProcess, { batch, queue: from })
    const records = batch.map((received) => this.#recordOf(received, from))
    const { redelivery, ...others } = this.#parts
    const parts = this.environment.hides ? { ...others, redelivery: redelivery.of(records) } : others
    void serveBatch(parts, records.map(toDelivery), execution).then((failed) => {
      if (hostProcess.dead) return
      this.environment.note(
        hostProcess,
        `has served them${failed.length === 0 ? '' : `, but for ${failed.length}`}`,
      )
      this.#deliveries?.served(failed)
      for (const received of batch)
        if (!failed.includes(received.messageId)) this.#delete(hostProcess, received)
      this.#over()
      hostProcess.freeze()
      this.rested()
    })
  }

  #recordOf({ messageId, body, attempt, handle }: Received, from: SimulatedQueue): SqsRecord {
    const { urgentQueue, isolationQueue } = this.environment
    const urls = new Map([
      [urgentQueue, URGENT_URL],
      [isolationQueue, ISOLATION_URL],
    ])
    return {
      messageId,
      body,
      attributes: { ApproximateReceiveCount: String(attempt) },
      receiptHandle: handle,
      eventSourceARN: `arn:aws:sqs:us-east-1:0:${urls.get(from) ?? WORK_URL}`,
    }
  }

  protected died(): void {
    this.#deliveries?.died()
    this.#over()
  }

  #over(): void {
    const { schedule } = this.environment
    this.#stopTimeout()
    this.#batch = undefined
    this.#deliveries = undefined
    schedule.at(schedule.now + 1, this.random.next(), () => this.poll())
  }

  #delete(hostProcess: HostProcess, { messageId, handle }: Received): void {
    const fault = hostProcess.strike('delete', `message ${messageId} is deleted`)
    if (fault?.kind === 'message comes back') this.#from?.hide(handle, fault.ms ?? 0)
    else this.#from?.delete(handle)
  }
}
