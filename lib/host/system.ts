import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Chance, Clock } from '../model/clock.ts'
import { TIMER_MAX_MS } from '../model/limits.ts'

/** The real clock. A timer keeps the program alive until it fires or is cancelled: a run in progress must not just end. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  after(delayMs, callback) {
    let leftMs = Math.max(0, delayMs)
    let timer: NodeJS.Timeout
    // A delay over the platform's reach would fire at once, so it is waited for in pieces.
    const wait = (): void => {
      const piece = Math.min(leftMs, TIMER_MAX_MS)
      leftMs -= piece
      timer = setTimeout(() => (leftMs > 0 ? wait() : callback()), piece)
    }
    wait()
    return () => clearTimeout(timer)
  },
  turn: () => nextTurn(),
}

/** The real chance: tokens are 128 random bits. */
export const SYSTEM_CHANCE: Chance = {
  random: () => Math.random(),
  token: () => randomBytes(16).toString('base64url'),
}
