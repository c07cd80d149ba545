import type { ProcessId } from '../model/ids.ts'
import { DOORBELL_DELAY_MAX_MS } from '../model/limits.ts'
import type { Bell, Doorbell } from '../queue/doorbell.ts'
import type { DeadLetter, DeadLetters } from '../queue/delivery.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A queue of doorbells on the virtual clock. They go to the attached worker, and can be lost. */
export class VirtualQueue implements Doorbell, DeadLetters {
  readonly queues = ['work'] as const
  readonly maxDelayMs = DOORBELL_DELAY_MAX_MS
  readonly rung: Bell[] = []
  readonly letters: DeadLetter[] = []
  deliver: ((id: ProcessId) => Promise<void>) | undefined
  loseAll = false
  readonly #clock: VirtualClock
  #waiting = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  ring(bells: readonly Bell[]): Promise<void> {
    for (const bell of bells) {
      this.rung.push(bell)
      if (this.loseAll) continue
      this.#waiting += 1
      this.#clock.after(bell.delayMs, () => {
        this.#waiting -= 1
        void this.deliver?.(bell.id)
      })
    }
    return Promise.resolve()
  }

  backlog(): Promise<number> {
    return Promise.resolve(this.#waiting)
  }

  put(letter: DeadLetter): Promise<void> {
    this.letters.push(letter)
    return Promise.resolve()
  }
}
