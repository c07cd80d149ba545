import { createHash } from 'node:crypto'
import type { Run } from './engine/run.ts'

// Effects that return at once. See `ProcessContext`.

export function now(run: Run): number {
  return Number(run.instant('now', 'now', () => run.ports.clock.now()))
}

export function random(run: Run): number {
  return Number(run.instant('random', 'random', () => run.ports.chance.random()))
}

export function uuid(run: Run): string {
  const value = run.instant('uuid', 'uuid', () => uuidFrom(run.ports.chance.token()))
  return typeof value === 'string' ? value : ''
}

/**
 * A journal that was past this point before the change has no entry of this name here. The position is left to the recorded
 * effect, or to the one that began here and is still waited for. Where no run has been here before, the code is new,
 * and that is recorded.
 */
export function patched(run: Run, name: string): boolean {
  run.refuseMisuse('patched', name)
  if (run.beenHere && !run.recordedNext('patched', name)) return false
  return run.instant('patched', name, () => true) === true
}

/** A version 4 UUID out of a token's 128 random bits. */
export function uuidFrom(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
