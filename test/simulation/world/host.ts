import type { Around } from './around.ts'
import type { Life } from './life.ts'
import { Random } from './random.ts'

/** Lives of one host, one after the other. */
export abstract class Host {
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
