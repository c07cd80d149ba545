import { siteOf, type Site } from '../../model/site.ts'
import type { EffectCall } from '../../model/replay.ts'

/** Effects that are asked for at once and keep their place: some 0.5 KB each. */
const KEPT_MAX = 10_000

/** Where the author's code asked for each effect that is still open: for the messages that have to name it. */
export class Sites {
  /** Of the effect that the code asks for now. It takes its position before it first waits. */
  asked: Site | undefined
  readonly #byCall = new WeakMap<EffectCall, Site>()

  /** The code calls `method`. `open` effects were asked for and are not over. */
  ask(method: unknown, open: number): void {
    this.asked = open < KEPT_MAX ? siteOf(method) : undefined
  }

  /** The call was made where the code asked last. */
  kept(call: EffectCall): EffectCall {
    if (this.asked !== undefined) this.#byCall.set(call, this.asked)
    return call
  }

  of(call: EffectCall): Site | undefined {
    return this.#byCall.get(call)
  }
}
