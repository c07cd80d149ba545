// Times, sizes and texts as a person reads them.

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A length of time in at most two units: `3 d 4 h`, `12 s`, `250 ms`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms))
  if (whole < 1_000) return `${whole} ms`
  if (whole < 10_000) return `${Number((whole / 1_000).toFixed(1))} s`
  // Rounded to what is shown, so that 59.7 s does not become 60 s beside 1 min.
  const shown = whole < 3_600_000 ? 1_000 : 60_000
  let left = Math.round(whole / shown) * shown
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

/** A moment beside now: `3 min ago`, `in 2 h`. */
export function relativeText(at: number, now: number): string {
  const ms = at - now
  if (Math.abs(ms) < 1_000) return 'just now'
  const text = durationText(roundly(Math.abs(ms)))
  return ms < 0 ? `${text} ago` : `in ${text}`
}

/** Whole seconds below a minute, whole minutes below a day, whole hours above: a clock that ticks needs no more. */
function roundly(ms: number): number {
  const size = ms < 60_000 ? 1_000 : ms < 86_400_000 ? 60_000 : 3_600_000
  return Math.floor(ms / size) * size
}

/** A moment in full, in the time zone of the reader or in UTC: `2026-03-01 12:04:05.120`. */
export function instantText(at: number, zone: 'local' | 'utc' = 'local'): string {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return String(at)
  const date = new Date(at)
  const shifted = zone === 'utc' ? date : new Date(at - date.getTimezoneOffset() * 60_000)
  const text = shifted.toISOString().replace('T', ' ').replace('Z', '')
  return zone === 'utc' ? `${text} UTC` : text
}

/** A moment for people: its day only if it is not today. */
export function clockText(at: number, now: number): string {
  const full = instantText(at)
  const [day = '', time = ''] = full.split(' ')
  const short = time.slice(0, 8)
  return day === instantText(now).split(' ')[0] ? short : `${day} ${short}`
}

export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** How often: `once`, or `3 times`. */
export function timesText(count: number): string {
  return count === 1 ? 'once' : countText(count, 'time')
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
