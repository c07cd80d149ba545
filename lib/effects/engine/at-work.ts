import { titleOf, type EffectCall } from '../../model/replay.ts'

/** What a run is in the middle of, and no entry holds: a stop at this moment would let another run do it again. */
export class AtWork {
  /** Bodies that have begun and whose outcome no entry holds yet, by position. */
  readonly #bodies = new Map<number, EffectCall>()
  /** Effects that the author's code waits for, those included that it asked for after the run's end. */
  #awaited = 0

  begin(call: EffectCall): void {
    this.#bodies.set(call.position, call)
  }

  has(position: number): boolean {
    return this.#bodies.has(position)
  }

  recorded(position: number): void {
    this.#bodies.delete(position)
  }

  /** Effects that the code asked for and that are not over. */
  get open(): number {
    return this.#awaited
  }

  /** The author's code begins to wait for an effect. Answers how to say that it waits no more. */
  awaits(): () => void {
    this.#awaited += 1
    return () => {
      this.#awaited -= 1
    }
  }

  /**
   * Bodies by name, those that ignore their signal included; with `codeToo` the author's own code as well, which is at
   * work where it waits for no effect.
   */
  names({ codeToo }: { readonly codeToo: boolean }): readonly string[] {
    const bodies = [...this.#bodies.values()].map(titleOf)
    return codeToo && this.#awaited === 0 ? [...bodies, 'its own code'] : bodies
  }
}
