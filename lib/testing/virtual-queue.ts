import type { ProcessId } from '../model/ids.ts'
import { SQS_DELAY_MAX_MS } from '../model/limits.ts'
import type { Wakeup, Doorbell } from '../queue/doorbell.ts'
import type { DeadLetter, DeadLetters } from '../queue/delivery.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A queue of wake-ups on the virtual clock. They go to the attached worker, and can be lost. */
export class VirtualQueue implements Doorbell, DeadLetters {
  readonly queues = ['work'] as const
  readonly maxDelayMs = SQS_DELAY_MAX_MS
  readonly sent: Wakeup[] = []
  readonly letters: DeadLetter[] = []
  deliver: ((id: ProcessId) => Promise<void>) | undefined
  loseAll = false
  readonly #clock: VirtualClock
  #waiting = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  ring(wakeups: readonly Wakeup[]): Promise<void> {
    for (const wakeup of wakeups) {
      this.sent.push(wakeup)
      if (this.loseAll) continue
      this.#waiting += 1
      this.#clock.after(wakeup.delayMs, () => {
        this.#waiting -= 1
        void this.deliver?.(wakeup.id)
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
