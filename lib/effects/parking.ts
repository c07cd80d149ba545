import type { Clock } from '../model/clock.ts'
import type { CommitBuffer } from './commit-buffer.ts'
import type { Journal } from './controller.ts'
import type { Waits } from './waits.ts'

type ParkingPorts = {
  readonly clock: Clock
  readonly journal: Journal
  readonly buffer: CommitBuffer
  readonly waits: Waits
  /** A mark of all that the run has done: while it stands still, the author's code has asked for nothing new. */
  readonly activity: () => string
  /** Nothing of the run goes on but its waits, and they may be left to others. */
  readonly idle: () => boolean
  readonly onParked: (dueAt: number | undefined) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Parks a run once every branch of it waits: no body runs, nothing is being delivered, and the code asked for nothing
 * new in two turns of the event loop. A wait that is over in a moment is not worth it.
 */
export class Parking {
  readonly #ports: ParkingPorts
  #looking = false

  constructor(ports: ParkingPorts) {
    this.#ports = ports
  }

  /** Looks whether the time has come, in a while. Asked for whenever something of the run has come to rest. */
  consider(): void {
    if (this.#looking || this.#ports.waits.size === 0) return
    this.#looking = true
    this.#look().catch(this.#ports.onFailure)
  }

  async #look(): Promise<void> {
    const { clock, activity, idle, waits } = this.#ports
    for (let before = ''; before !== activity();) {
      before = activity()
      await clock.turn()
      await clock.turn()
    }
    if (idle() && waits.size > 0 && !waits.ending && !waits.soon) await this.#park()
    this.#looking = false
  }

  async #park(): Promise<void> {
    const { buffer, journal, waits, onParked } = this.#ports
    const entries = await buffer.drain()
    const { names, dueAt } = waits
    if (await journal.park(entries, { on: names, dueAt })) return onParked(dueAt)
    // Something arrived between the last look and the write: what was to be written with it goes into the next one.
    this.#looking = false
    buffer.putBack(entries)
    waits.look()
    this.consider()
  }
}
