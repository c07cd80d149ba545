import type { DynamoDBRecord } from 'aws-lambda'
import { OUTCOMES_TIMEOUT_MS } from '../../../lib/model/limits-outcomes.ts'
import type { Bus, BusEvent, Taken } from '../../../lib/outcomes/bus.ts'
import { serveRecords } from '../../../lib/outcomes/serve.ts'
import { Retention } from '../../../lib/registry/retention.ts'
import { bugsOf, storeOf, type Around } from './around.ts'
import { Host } from './host.ts'
import type { Life } from './life.ts'
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
    around: Around,
    nth: number,
    { stream, published }: { stream: TableStream; published: Published },
  ) {
    super(around, `outcomes-${nth}`)
    this.#shard = stream.shards[nth - 1] ?? []
    this.#published = published
  }

  get working(): boolean {
    return this.#batch !== undefined
  }

  poll(afterMs = WINDOW_MS): void {
    if (this.working || this.#isAsked || this.#shard.length === 0) return
    this.#isAsked = true
    const { schedule } = this.around
    schedule.at(schedule.now + afterMs * this.random.next(), this.random.next(), () => {
      this.#isAsked = false
      this.#invoke()
    })
  }

  #invoke(): void {
    const batch = this.#shard.slice(0, this.random.between(1, BATCH_MAX + 1))
    this.#batch = batch
    const life = this.alive()
    life.thaw()
    const { schedule } = this.around
    const endsAt = schedule.now + OUTCOMES_TIMEOUT_MS
    this.#stopTimeout = schedule.at(endsAt, this.random.next(), () => life.die('its time is up'))
    const parts = {
      bus: this.#busOf(life),
      clock: life.clock,
      chance: life.chance,
      mayGoOn: () => endsAt - schedule.now > MARGIN_MS,
      deadRecords: {
        put: ({ key, reason }: { key: string; reason: string }) => {
          this.around.bug(life, Object.assign(new Error(`${key}: ${reason}`), { name: 'DeadRecord' }))
          return Promise.resolve()
        },
      },
      retention: new Retention(storeOf(this.around, life)),
      telemetry: bugsOf(this.around, life),
    }
    void serveRecords(parts, batch).then((undone) => {
      if (life.dead) return
      const done =
        undone === undefined ? batch.length : batch.findIndex((each) => sequenceOf(each) === undone)
      this.#over(done)
      life.freeze()
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

  #busOf(life: Life): Bus {
    return {
      put: (events) =>
        life.call<readonly Taken[]>({
          on: 'send',
          what: `publish ${events.map(({ detail }) => `${detail.id} ${detail.revision}`).join(', ')}`,
          refuse: (fault) => Object.assign(new Error(`simulated: ${fault}`), { name: 'InternalException' }),
          arrive: (fault, random) => {
            const { now } = this.around.schedule
            const refused = fault?.kind === 'send refused'
            if (refused && random.chance(0.3)) this.#busAwayUntil = now + BUS_AWAY_MS
            return events.map((event, nth): Taken => {
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
