import type { DynamoDBRecord } from 'aws-lambda'
import { STATUS_EVENTS_TIMEOUT_MS } from '../../../lib/model/limits-status-events.ts'
import type { Bus, BusEvent, PutResult } from '../../../lib/status-events/bus.ts'
import { serveRecords } from '../../../lib/status-events/serve.ts'
import { Retention } from '../../../lib/registry/retention.ts'
import { bugsOf, storeOf, type Environment } from './environment.ts'
import { Host } from './host.ts'
import type { HostProcess } from './host-process.ts'
import type { TableStream } from './stream.ts'

/** Records of one invocation: fewer than deployed, so that a batch is often cut. */
const BATCH_MAX = 10
const WINDOW_MS = 500
/** A batch that failed is delivered again after so long. */
const AGAIN_MS = 2_000
const MARGIN_MS = 5_000
/** So long the bus takes nothing, after some of the refusals: longer than an invocation tries. */
const BUS_AWAY_MS = 20_000

/** What the bus was given, once the bus has it. */
export type Published = (event: BusEvent) => void

/** The outcomes function behind one shard of the table's stream: one batch at a time, in order, again from where it failed. */
export class OutcomesReader extends Host {
  readonly #shard: DynamoDBRecord[]
  readonly #published: Published
  #batch: readonly DynamoDBRecord[] | undefined
  #isAsked = false
  #busAwayUntil = 0
  #stopTimeout: () => void = () => {}

  constructor(
    environment: Environment,
    nth: number,
    { stream, published }: { stream: TableStream; published: Published },
  ) {
    super(environment, `outcomes-${nth}`)
    this.#shard = stream.shards[nth - 1] ?? []
    this.#published = published
  }

  get working(): boolean {
    return this.#batch !== undefined
  }

  poll(afterMs = WINDOW_MS): void {
    if (this.working || this.#isAsked || this.#shard.length === 0) return
    this.#isAsked = true
    const { schedule } = this.environment
    schedule.at(schedule.now + afterMs * this.random.next(), this.random.next(), () => {
      this.#isAsked = false
      this.#invoke()
    })
  }

  #invoke(): void {
    const batch = this.#shard.slice(0, this.random.between(1, BATCH_MAX + 1))
    this.#batch = batch
    const hostProcess = this.alive()
    hostProcess.thaw()
    const { schedule } = this.environment
    const endsAt = schedule.now + STATUS_EVENTS_TIMEOUT_MS
    this.#stopTimeout = schedule.at(endsAt, this.random.next(), () => hostProcess.die('its time is up'))
    const parts = {
      bus: this.#busOf(hostProcess),
      clock: hostProcess.clock,
      chance: hostProcess.chance,
      mayGoOn: () => endsAt - schedule.now > MARGIN_MS,
      deadRecords: {
        put: ({ key, reason }: { key: string; reason: string }) => {
          this.environment.bug(
            hostProcess,
            Object.assign(new Error(`${key}: ${reason}`), { name: 'DeadRecord' }),
          )
          return Promise.resolve()
        },
      },
      retention: new Retention(storeOf(this.environment, hostProcess)),
      telemetry: bugsOf(this.environment, hostProcess),
    }
    void serveRecords(parts, batch).then((undone) => {
      if (hostProcess.dead) return
      const done =
        undone === undefined ? batch.length : batch.findIndex((each) => sequenceOf(each) === undone)
      this.#over(done)
      hostProcess.freeze()
      this.rested()
    })
  }

  protected died(): void {
    this.#over(0)
  }

  #over(done: number): void {
    this.#stopTimeout()
    const failed = done < (this.#batch?.length ?? 0)
    this.#shard.splice(0, done)
    this.#batch = undefined
    this.poll(failed ? AGAIN_MS : WINDOW_MS)
  }

  #busOf(hostProcess: HostProcess): Bus {
    return {
      put: (events) =>
        hostProcess.call<readonly PutResult[]>({
          on: 'send',
          what: `publish ${events.map(({ detail }) => `${detail.id} ${detail.revision}`).join(', ')}`,
          refuse: (fault) => Object.assign(new Error(`simulated: ${fault}`), { name: 'InternalException' }),
          arrive: (fault, random) => {
            const { now } = this.environment.schedule
            const refused = fault?.kind === 'send refused'
            if (refused && random.chance(0.3)) this.#busAwayUntil = now + BUS_AWAY_MS
            return events.map((event, nth): PutResult => {
              // One entry of a request may fail while its neighbours are taken.
              if (now < this.#busAwayUntil || (refused && nth === 0))
                return { failed: 'again', because: 'InternalFailure' }
              this.#published(event)
              return 'taken'
            })
          },
        }),
    }
  }
}

function sequenceOf({ dynamodb }: DynamoDBRecord): string | undefined {
  return dynamodb?.SequenceNumber
}
