import type { Clock } from '../../model/clock.ts'
import type { Entry } from '../../model/log.ts'
import type { CommitBuffer } from './commit-buffer.ts'
import type { Journal } from '../controller.ts'
import type { Waits } from './waits.ts'

type ParkingPorts = {
  readonly clock: Clock
  readonly journal: Journal
  readonly buffer: CommitBuffer
  readonly waits: Waits
  /** A mark of all that the run has done: while it stands still, the author's code has asked for nothing new. */
  readonly activity: () => string
  /** Only waits are left of the run, and another run may take them over. */
  readonly idle: () => boolean
  readonly onParked: (dueAt: number | undefined) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Parks a run once every branch of it waits: no body runs, nothing is being delivered, and the code asked for nothing
 * new in two turns of the event loop. A wait that ends in a moment is not worth it.
 *
 * 1. The run is at rest, and its last outcomes are being written. 2. The reply brings a signal: a branch continues.
 * 3. The park would not name that branch. So the run is checked again after each write that it had to wait for, and the park
 * itself is refused if an arrival was reported since it was decided (`Hold.park`).
 *
 * What waits come to while a park is on its way is held until it is known whether the park was written.
 */
export class Parking {
  readonly #ports: ParkingPorts
  #looking = false
  #writing: Promise<unknown> = Promise.resolve()

  constructor(ports: ParkingPorts) {
    this.#ports = ports
  }

  /** Looks whether the time has come, in a while. Asked for whenever something of the run has come to rest. */
  consider(): void {
    if (this.#looking || this.#ports.waits.size === 0) return
    this.#looking = true
    this.#look()
      .catch(this.#ports.onFailure)
      .finally(() => {
        this.#looking = false
      })
  }

  /** Settles when no park is being written: until then the run may neither continue nor stop. */
  get decided(): Promise<unknown> {
    return this.#writing
  }

  async #look(): Promise<void> {
    do await this.#atRest()
    while (this.#mayPark() && !(await this.#park()))
  }

  async #atRest(): Promise<void> {
    const { clock, activity } = this.#ports
    for (let before = ''; before !== activity();) {
      before = activity()
      await clock.turn()
      await clock.turn()
    }
  }

  #mayPark(): boolean {
    const { idle, waits } = this.#ports
    return idle() && waits.size > 0 && !waits.ending && !waits.soon
  }

  /** False if the run can continue after all: the entries of the park go into the next write. */
  async #park(): Promise<boolean> {
    const { buffer, waits } = this.#ports
    const parking = buffer.tryWrite((entries) => this.#write(entries))
    this.#writing = parking.catch(() => undefined)
    const parked = await parking
    if (!parked) waits.lookDue()
    return parked
  }

  async #write(entries: readonly Entry[]): Promise<boolean> {
    if (!this.#mayPark()) return false
    const { journal, waits, onParked } = this.#ports
    const { parkedFor, dueAt } = waits
    const { on, anyOf } = parkedFor
    if (!(await journal.park(entries, { on, dueAt, ...(anyOf === undefined ? {} : { anyOf }) }))) return false
    onParked(dueAt)
    return true
  }
}
