import type { Clock } from '../model/clock.ts'
import type { RunningStep } from '../model/lease.ts'
import { STEP_SHOWN_MAX_BYTES } from '../model/limits.ts'
import { cutText } from '../model/log.ts'
import type { Site } from '../model/site.ts'
import type { StandstillWatch } from '../host/standstill.ts'

/** The steps whose bodies a run is executing: for operators, and for the evidence if its worker dies in one of them. */
export class RunningSteps {
  readonly #clock: Clock
  readonly #watch: StandstillWatch
  /** In the order in which their bodies began. */
  readonly #open = new Map<Omit<RunningStep, 'beside'>, Site | undefined>()

  constructor(clock: Clock, watch: StandstillWatch) {
    this.#clock = clock
    this.#watch = watch
  }

  /** Executes the body of an attempt, and counts it as running until it settles. */
  async run<T>(
    {
      name: given,
      attempt,
      site,
    }: { readonly name: string; readonly attempt: number; readonly site: Site | undefined },
    body: () => Promise<T>,
  ): Promise<T> {
    const step = { name: cutText(given, STEP_SHOWN_MAX_BYTES), attempt, since: this.#clock.now() }
    this.#open.set(step, site)
    try {
      return await this.#watch.measured(step, body)
    } finally {
      this.#open.delete(step)
    }
  }

  /** The step that began first, and how many run beside it. Undefined if no body runs. */
  get current(): RunningStep | undefined {
    const [first] = this.#open.keys()
    const beside = this.#open.size - 1
    return first === undefined || beside === 0 ? first : { ...first, beside }
  }

  /** Where the author's code asks for that step, for the lines that name it. */
  get site(): Site | undefined {
    const [first] = this.#open.values()
    return first
  }
}
