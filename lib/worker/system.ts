import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Chance, Clock } from '../model/clock.ts'

/** The real clock. A timer keeps the program alive until it fires or is cancelled: a run in progress must not just end. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // A time that is past fires at once; the platform warns of negative delays.
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
  turn: () => nextTurn(),
}

/** The real chance: tokens are 128 random bits. */
export const SYSTEM_CHANCE: Chance = {
  random: () => Math.random(),
  token: () => randomBytes(16).toString('base64url'),
}
