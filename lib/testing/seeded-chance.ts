import type { Chance } from '../model/clock.ts'

/** Chance that is the same for the same seed (mulberry32), so that a failing run can be replayed. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0
  const random = (): number => {
    state = next(state)
    return drawn(state)
  }
  let tokens = 0
  return {
    random,
    // 22 characters, like a real token; the count keeps two of one seed apart.
    token: () =>
      `t${String(tokens++).padStart(9, '0')}${Math.floor(random() * 1e12)
        .toString()
        .padStart(12, '0')}`,
  }
}

/** The state that follows on this one. */
export function next(state: number): number {
  return (state + 0x6d2b79f5) >>> 0
}

/** What a state draws: a number in [0, 1). */
export function drawn(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}
