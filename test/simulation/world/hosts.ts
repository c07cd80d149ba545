import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { SILENT, type Telemetry } from '../../../lib/telemetry/port.ts'
import { workerParts, type WorkerParts } from '../../../lib/worker/config.ts'
import { serveBatch } from '../../../lib/worker/queue/batch.ts'
import { SqsDeadLetters, SqsDoorbell } from '../../../lib/worker/queue/queue-sqs.ts'
import { sweep } from '../../../lib/worker/queue/sweep.ts'
import { SweepMemory } from '../../../lib/worker/queue/sweep-memory.ts'
import { drive } from '../../../lib/worker/drive.ts'
import { SWEEP_EVERY_MS, SWEEP_TIMEOUT_MS, VISIBILITY_PER_TIMEOUT } from '../../../lib/model/limits.ts'
import { simulatedClient, type ServiceState } from './dynamo/client.ts'
import type { Accepted } from './dynamo/table.ts'
import type { Life } from './life.ts'
import { DEAD_LETTER_URL, simulatedSqs, WORK_URL, type Message, type Post } from './queue.ts'
import { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

/** What stands around all hosts. */
export type Around = Post & {
  readonly seed: number
  readonly schedule: Schedule
  readonly service: ServiceState
  readonly born: (name: string) => Life
  readonly definitions: (life: Life) => readonly AnyDefinition[]
  readonly accepted: (life: Life, writes: readonly Accepted[], transaction: number | undefined) => void
  readonly heard: (life: Life, writes: readonly Accepted[]) => void
  readonly note: (life: Life, what: string) => void
  readonly bug: (life: Life, error: Error) => void
  readonly fencedOff: (life: Life) => void
}

const TABLE_NAME = 'simulated'
/** Fewer than deployed, so that a pass of the sweep costs less; more than one, so that rows are spread. */
export const DUE_SHARDS = 2

export function registryOf(around: Around, life: Life): ProcessRegistry {
  const { schedule, service } = around
  const client = simulatedClient(service, {
    now: () => schedule.now,
    call: (asked) => life.call(asked),
    accepted: (writes, transaction) => around.accepted(life, writes, transaction),
    heard: (writes) => around.heard(life, writes),
    fencedOff: () => around.fencedOff(life),
  })
  return new DynamoProcessRegistry({
    client,
    tableName: TABLE_NAME,
    clock: life.clock,
    chance: life.chance,
    dueShards: DUE_SHARDS,
  })
}

export function doorbellOf(around: Around, life: Life): SqsDoorbell {
  return new SqsDoorbell({ client: simulatedSqs(around, life), queueUrl: WORK_URL })
}

/** Of all that is told, errors that no fault of a service explains. */
function bugsOf(around: Around, life: Life): Telemetry {
  return {
    ...SILENT,
    error: (_message, error) => {
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        if (isBug(cause)) return around.bug(life, cause)
      }
    },
  }
}

const BUGS = new Set([
  'InvariantBroken',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'ValidationException',
  'IdempotentParameterMismatchException',
  'UnreadableItem',
])

function isBug(error: Error): boolean {
  return BUGS.has(error.name)
}

function partsOf(around: Around, life: Life): WorkerParts {
  return workerParts({
    registry: registryOf(around, life),
    definitions: around.definitions(life),
    ownerId: life.name,
    doorbell: doorbellOf(around, life),
    clock: life.clock,
    chance: life.chance,
    telemetry: bugsOf(around, life),
  })
}

/** Lives of one host, one after the other. */
abstract class Host {
  protected readonly around: Around
  protected readonly random: Random
  protected readonly name: string
  protected life: Life | undefined
  #lives = 0
  #retiring: Life | undefined

  constructor(around: Around, name: string) {
    this.around = around
    this.name = name
    this.random = new Random(around.seed, name)
  }

  /** Ends the life, once what it is at is done: the next one is a cold start, with the code of its day. */
  retire(): void {
    this.#retiring = this.life
    this.rested()
  }

  /** Its life has nothing to do. */
  protected rested(): void {
    if (this.#retiring === undefined || this.#retiring !== this.life || this.working) return
    this.#retiring.retire('it is not needed any more')
  }

  /** How far the clock of its life is ahead; undefined where its next life is not born yet. */
  get skewMs(): number | undefined {
    return this.life?.dead === false ? this.life.skewMs : undefined
  }

  abstract get working(): boolean

  protected alive(): Life {
    if (this.life !== undefined && !this.life.dead) return this.life
    this.#lives += 1
    const life = this.around.born(`${this.name}#${this.#lives}`)
    this.life = life
    life.onDeath = () => this.died(life)
    return life
  }

  protected abstract died(life: Life): void
}

/** One execution environment of the worker function: one batch at a time, frozen in between, killed at its timeout. */
export class LambdaWorker extends Host {
  readonly #timeoutMs: number
  readonly #batchMax: number
  #parts: { life: Life; worker: WorkerParts; deadLetters: SqsDeadLetters } | undefined
  #batch: readonly Message[] | undefined
  #stopTimeout: () => void = () => {}

  constructor(around: Around, name: string, options: { timeoutMs: number; batchMax: number }) {
    super(around, name)
    this.#timeoutMs = options.timeoutMs
    this.#batchMax = options.batchMax
  }

  get working(): boolean {
    return this.#batch !== undefined
  }

  /** Receives a batch, if it has nothing to do and there is one. */
  poll(): void {
    if (this.working) return
    const batch = this.around.queue.receive(this.#batchMax)
    if (batch.length === 0) return
    this.#batch = batch
    const cold = this.life === undefined || this.life.dead
    const { schedule } = this.around
    schedule.at(schedule.now + (cold ? 100 + this.random.next() * 900 : 1), this.random.next(), () =>
      this.#invoke(batch),
    )
  }

  #invoke(batch: readonly Message[]): void {
    const { schedule } = this.around
    const life = this.alive()
    if (this.#parts?.life !== life) {
      const sqs = simulatedSqs(this.around, life)
      this.#parts = {
        life,
        worker: partsOf(this.around, life),
        deadLetters: new SqsDeadLetters({ client: sqs, queueUrl: DEAD_LETTER_URL }),
      }
    }
    life.thaw()
    const endsAt = schedule.now + this.#timeoutMs
    this.#stopTimeout = schedule.at(endsAt, this.random.next(), () => life.die('its time is up'))
    const execution = {
      hardAt: life.clock.now() + this.#timeoutMs,
      remainingMs: () => Math.max(0, Math.floor(endsAt - schedule.now)),
    }
    this.around.note(life, `is given ${batch.length} messages`)
    void serveBatch(this.#parts, batch, execution).then((failed) => {
      if (life.dead) return
      this.around.note(life, `has served them${failed.length === 0 ? '' : `, but for ${failed.length}`}`)
      this.#over((message) => failed.includes(message.messageId))
      life.freeze()
      this.rested()
    })
  }

  protected died(): void {
    this.#over(() => true)
  }

  #over(comesBack: (message: Message) => boolean): void {
    const { schedule, queue } = this.around
    this.#stopTimeout()
    for (const message of this.#batch ?? []) {
      if (comesBack(message)) queue.comesBack(message, this.#timeoutMs * VISIBILITY_PER_TIMEOUT)
      else if (this.life !== undefined) this.#delete(this.life, message)
    }
    this.#batch = undefined
    schedule.at(schedule.now + 1, this.random.next(), () => this.poll())
  }

  #delete(life: Life, message: Message): void {
    const fault = life.strike('delete', `message ${message.messageId} is deleted`)
    if (fault?.kind === 'message comes back') this.around.queue.comesBack(message, fault.ms ?? 0)
  }
}

/** A host that looks for work by itself, again and again. */
abstract class Passing extends Host {
  protected running = false
  readonly #everyMs: number
  #cancelNext: () => void = () => {}

  constructor(around: Around, name: string, everyMs: number) {
    super(around, name)
    this.#everyMs = everyMs
    this.next(this.random.next() * everyMs)
  }

  get working(): boolean {
    return this.running
  }

  /** The next pass is after this, and the others follow it as ever. */
  next(afterMs: number): void {
    const { schedule } = this.around
    this.#cancelNext()
    this.#cancelNext = schedule.at(
      schedule.now + afterMs,
      this.random.next(),
      () => {
        this.next(this.#everyMs)
        this.pass()
      },
      true,
    )
  }

  protected abstract pass(): void

  protected died(): void {
    this.running = false
  }
}

/** A server that looks for what is due now and then, and is told to stop at times. */
export class Driver extends Passing {
  protected pass(): void {
    if (this.running) return
    this.running = true
    const life = this.alive()
    const worker = partsOf(this.around, life)
    const stop = new AbortController()
    if (this.random.chance(0.2))
      life.later(this.random.next() * 10_000, () => stop.abort(new Error('a shutdown')))
    const run = { controller: worker.controller, execution: {}, hostSignal: stop.signal }
    const over = (): void => {
      if (life.dead) return
      this.running = false
      this.rested()
    }
    // A pass that cannot read the index fails as a whole; the next one looks again.
    drive(worker, run).then(over, over)
  }
}

/** The sweep function, once a minute. */
export class Sweeper extends Passing {
  #kept: { life: Life; memory: SweepMemory } | undefined

  constructor(around: Around) {
    super(around, 'sweep', SWEEP_EVERY_MS)
  }

  protected pass(): void {
    // EventBridge starts the next pass whether or not one is still running; then it has an environment of its own.
    if (this.running) this.life = undefined
    const life = this.alive()
    if (this.#kept?.life !== life) this.#kept = { life, memory: new SweepMemory() }
    this.running = true
    life.thaw()
    const { schedule } = this.around
    const stopTimeout = schedule.at(schedule.now + SWEEP_TIMEOUT_MS, this.random.next(), () =>
      life.die('its time is up'),
    )
    const over = (): void => {
      if (life.dead) return
      stopTimeout()
      life.freeze()
      if (this.life === life) this.running = false
      this.rested()
    }
    sweep({
      registry: registryOf(this.around, life),
      doorbell: doorbellOf(this.around, life),
      clock: life.clock,
      telemetry: bugsOf(this.around, life),
      memory: this.#kept.memory,
      everyMs: SWEEP_EVERY_MS,
    }).then(over, over)
    life.onDeath = () => {
      stopTimeout()
      if (this.life === life) this.running = false
    }
  }
}
