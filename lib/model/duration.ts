import { given, InvalidInput } from './errors.ts'

/** A length of time. At least one part; whole or fractional, none negative. */
export type Duration =
  | {
      readonly days: number
      readonly hours?: number
      readonly minutes?: number
      readonly seconds?: number
      readonly ms?: number
    }
  | {
      readonly days?: number
      readonly hours: number
      readonly minutes?: number
      readonly seconds?: number
      readonly ms?: number
    }
  | {
      readonly days?: number
      readonly hours?: number
      readonly minutes: number
      readonly seconds?: number
      readonly ms?: number
    }
  | {
      readonly days?: number
      readonly hours?: number
      readonly minutes?: number
      readonly seconds: number
      readonly ms?: number
    }
  | {
      readonly days?: number
      readonly hours?: number
      readonly minutes?: number
      readonly seconds?: number
      readonly ms: number
    }

const MS_OF = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, ms: 1 } as const

/** The longest wait: ten years. A longer one is a mistake in units. */
const DURATION_MAX_MS = 3_653 * MS_OF.days

/** A time as people say it, in the largest unit that it is a whole number of: `7 days`, `1 day`, `90 s`, `1500 ms`. */
export function inWords(ms: number): string {
  const UNITS = [
    ['days', MS_OF.days],
    ['h', MS_OF.hours],
    ['min', MS_OF.minutes],
    ['s', MS_OF.seconds],
  ] as const
  const [unit, size] = UNITS.find(([, each]) => ms > 0 && ms % each === 0) ?? ['ms', 1]
  return ms === MS_OF.days ? '1 day' : `${ms / size} ${unit}`
}

/** Whole milliseconds, rounded up: a wait is never shorter than asked. Throws `InvalidInput`. */
export function toMs(duration: Duration, what: string): number {
  const refuse = (path: string, message: string): never => {
    throw new InvalidInput({ what, issues: [{ path, message }] })
  }
  if (duration === null || typeof duration !== 'object')
    refuse('', `expected { seconds: 30 } or the like, got ${given(duration)}`)
  const parts = Object.entries(duration).filter(([, value]) => value !== undefined)
  if (parts.length === 0) refuse('', 'expected at least one of days, hours, minutes, seconds, ms')
  let total = 0
  for (const [unit, value] of parts) {
    if (!Object.hasOwn(MS_OF, unit)) refuse(unit, `expected one of ${Object.keys(MS_OF).join(', ')}`)
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      refuse(unit, `expected a number from 0, got ${given(value)}`)
    total += value * MS_OF[unit as keyof typeof MS_OF]
  }
  if (total > DURATION_MAX_MS)
    refuse('', `expected at most ten years, got ${Math.round(total / MS_OF.days)} days`)
  return Math.ceil(total)
}
