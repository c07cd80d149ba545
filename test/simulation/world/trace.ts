import type { Accepted, Wanted } from './dynamo/table.ts'
import type { Fault } from './faults.ts'

/** One thing that happened in a world, for a reader who asks what went wrong there. */
export type Scene = {
  /** Milliseconds since the world began. */
  readonly atMs: number
  /** A host process by its name, or everyone. */
  readonly who: string
  readonly what: string
  /** `sent` is a request on its way, `arrived` the same one as it is carried out or refused; the rest happens by itself. */
  readonly kind: 'sent' | 'arrived' | 'code' | 'told' | 'note' | 'bug'
  readonly fault?: Fault
  /** Of one that arrived: what was sent. */
  readonly sent?: Scene
  readonly wanted?: readonly Wanted[]
  readonly writes?: readonly Accepted[]
  readonly refused?: Error
  /** Places in the history of what this put there. */
  readonly facts: readonly number[]
}

type Asked = { readonly what: string; readonly wanted?: readonly Wanted[] }

/** Gathers scenes in their order. A world without `trace` has none of it. */
export class Trace {
  readonly scenes: Scene[] = []
  readonly #sent = new Map<object, Scene>()
  #facts: number[] = []
  #writes: readonly Accepted[] = []

  /** What the next scene put into the history, and into the table. */
  fact(place: number): void {
    this.#facts.push(place)
  }

  wrote(writes: readonly Accepted[]): void {
    this.#writes = writes
  }

  add(scene: Omit<Scene, 'facts'>, asked?: Asked): void {
    const whole: Scene = { ...scene, ...wantedOf(asked), facts: this.#takeFacts() }
    if (asked !== undefined) this.#sent.set(asked, whole)
    this.scenes.push(whole)
  }

  arrived(atMs: number, asked: Asked, refused?: Error): void {
    const sent = this.#sent.get(asked)
    if (sent === undefined) return
    const { who, what, fault } = sent
    this.scenes.push({
      atMs,
      who,
      what,
      kind: 'arrived',
      sent,
      ...(fault === undefined ? {} : { fault }),
      ...wantedOf(asked),
      ...(refused === undefined ? {} : { refused }),
      writes: this.#writes,
      facts: this.#takeFacts(),
    })
    this.#writes = []
  }

  #takeFacts(): number[] {
    const facts = this.#facts
    this.#facts = []
    return facts
  }
}

function wantedOf(asked: Asked | undefined): Pick<Scene, 'wanted'> {
  return asked?.wanted === undefined ? {} : { wanted: asked.wanted }
}
