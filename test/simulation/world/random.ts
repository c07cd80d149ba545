/** Chance that can be forked: what one actor draws never moves what another one draws, so a fault less leaves the rest alone. */
export class Random {
  #state: number

  constructor(...seeds: readonly (number | string)[]) {
    this.#state = mixed(...seeds)
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    const state = this.#state
    let mix = Math.imul(state ^ (state >>> 15), 1 | state)
    mix = (mix + Math.imul(mix ^ (mix >>> 7), 61 | mix)) ^ mix
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from `from` to below `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from))
  }

  chance(of: number): boolean {
    return this.next() < of
  }

  pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.next() * list.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
}

/** A 32-bit number of seeds and names (FNV-1a with a final mix). */
export function mixed(...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5
  const eat = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  for (const part of parts) {
    if (typeof part === 'number') for (let shift = 0; shift < 32; shift += 8) eat((part >>> shift) & 255)
    else for (let index = 0; index < part.length; index += 1) eat(part.charCodeAt(index))
    eat(7)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
