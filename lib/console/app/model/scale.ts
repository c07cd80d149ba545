// From moments to places on a line, and back to the labels under it.

export type ScaleMode = 'time' | 'even'

export type Scale = {
  readonly from: number
  readonly to: number
  /** The place of a moment: 0 at `from`, 1 at `to`. Moments outside are held at the ends. */
  readonly place: (at: number) => number
  /** The moment at a place. */
  readonly at: (place: number) => number
}

/** A part of the line, as fractions of it. */
export type Zoom = { readonly start: number; readonly end: number }
export const WHOLE: Zoom = { start: 0, end: 1 }
const NARROWEST = 1e-5

/** A line that is true to time. */
export function timeScale(from: number, to: number): Scale {
  const span = Math.max(1, to - from)
  return {
    from,
    to,
    place: (at) => clamp((at - from) / span),
    at: (place) => from + place * span,
  }
}

/**
 * A line with long gaps shortened: each gap between two moments takes the logarithm of its length. So work of a second can
 * be seen beside a wait of a week.
 */
export function evenScale(moments: readonly number[]): Scale {
  const stops = [...new Set(moments)].toSorted((a, b) => a - b)
  const from = stops[0] ?? 0
  const to = stops.at(-1) ?? from
  const places = [0]
  for (let index = 1; index < stops.length; index += 1)
    places.push((places[index - 1] ?? 0) + weightOf((stops[index] ?? 0) - (stops[index - 1] ?? 0)))
  const total = places.at(-1) ?? 0
  if (total === 0) return timeScale(from, to)
  const fractions = places.map((place) => place / total)
  return {
    from,
    to,
    place: (at) => between(stops, fractions, at),
    at: (place) => between(fractions, stops, place),
  }
}

/** Is a wait so long that the work beside it would be a hairline? */
export function prefersEven(moments: readonly number[]): boolean {
  const stops = [...new Set(moments)].toSorted((a, b) => a - b)
  const span = (stops.at(-1) ?? 0) - (stops[0] ?? 0)
  if (stops.length < 4 || span <= 0) return false
  const gaps = stops.slice(1).map((stop, index) => stop - (stops[index] ?? 0))
  return Math.max(...gaps) > span * 0.6
}

/** Closer or farther around the middle of what is seen. */
export function zoomed({ start, end }: Zoom, factor: number): Zoom {
  const middle = (start + end) / 2
  const half = Math.min(0.5, Math.max(NARROWEST, ((end - start) / 2) * factor))
  return shifted({ start: middle - half, end: middle + half }, 0)
}

/** To the side by a part of what is seen, no farther than the ends. */
export function shifted({ start, end }: Zoom, by: number): Zoom {
  const width = Math.min(1, end - start)
  const moved = Math.min(1 - width, Math.max(0, start + by * width))
  return { start: moved, end: moved + width }
}

/** The place of a moment in the part that is seen; below 0 or above 1 it is out of sight. */
function seenAt(scale: Scale, { start, end }: Zoom, at: number): number {
  return (scale.place(at) - start) / (end - start)
}

/** A scale and the part of it that is seen. */
export type Frame = { readonly scale: Scale; readonly zoom: Zoom }

/** A place as SVG takes it, in percent, held just beyond the edges: very large numbers are drawn wrongly. */
export function percent({ scale, zoom }: Frame, at: number): number {
  return Math.min(120, Math.max(-20, 100 * seenAt(scale, zoom, at)))
}

/** Which of these places, in percent and in order, have room for a label. The newest one always has. */
export function withRoom(places: readonly number[], room = 45): ReadonlySet<number> {
  const labelled = new Set<number>()
  let next = Number.POSITIVE_INFINITY
  for (let index = places.length - 1; index >= 0; index -= 1) {
    const place = places[index] ?? 0
    if (next - place < room) continue
    labelled.add(index)
    next = place
  }
  return labelled
}

/** Moments for labels, evenly spaced over the part that is seen. */
export function ticks(scale: Scale, { start, end }: Zoom, count: number): readonly number[] {
  return Array.from({ length: count + 1 }, (_, index) =>
    Math.round(scale.at(start + ((end - start) * index) / count)),
  )
}

function weightOf(gapMs: number): number {
  return Math.log2(1 + gapMs / 20)
}

/** Piecewise linear from sorted `xs` to `ys`. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  let low = 0
  let high = xs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((xs[middle] ?? 0) <= x) low = middle
    else high = middle
  }
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [xs[low], xs[high], ys[low], ys[high]]
  return x1 === x0 ? y0 : y0 + (y1 - y0) * clamp((x - x0) / (x1 - x0))
}

function clamp(place: number): number {
  return Math.min(1, Math.max(0, place))
}
