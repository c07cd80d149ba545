import { percent, ticks, withRoom, type Frame } from '../model/scale.ts'
import type { Segment } from '../model/segments.ts'
import type { Mark } from '../model/timeline.ts'
import { clockText, durationText, instantText } from '../model/words.ts'
import { visibleText } from '../model/visible-text.ts'
import { clock } from '../state.ts'
import { Text } from './text.tsx'

/** When a worker ran the process, when it waited, and when a dead worker held it. */
export function RunStrip({
  frame,
  segments,
}: {
  readonly frame: Frame
  readonly segments: readonly Segment[]
}) {
  return (
    <div class="lane strip">
      <span class="lane-label">Process</span>
      <svg class="lane-plot" height="26" width="100%" aria-hidden="true">
        <Hatch />
        {segments.map((segment) => (
          <SegmentBar frame={frame} segment={segment} />
        ))}
      </svg>
    </div>
  )
}

function Hatch() {
  return (
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" class="hatch-ground" />
        <line x1="0" y1="0" x2="0" y2="6" class="hatch-line" />
      </pattern>
    </defs>
  )
}

const SEGMENT_WORDS = {
  queued: 'not started',
  running: 'runs',
  waiting: 'waits',
  lost: 'dead worker',
  stuck: 'stuck',
} as const satisfies Record<Segment['kind'], string>

function SegmentBar({ frame, segment }: { readonly frame: Frame; readonly segment: Segment }) {
  const { kind, from, to, owner, why } = segment
  const x = percent(frame, from)
  const width = percent(frame, to) - x
  if (x > 101 || x + width < -1) return null
  const word = kind === 'waiting' && why !== undefined ? why : (owner ?? SEGMENT_WORDS[kind])
  const said = `${SEGMENT_WORDS[kind]}${owner === undefined ? '' : ` (${owner})`}${why === undefined ? '' : `: ${why}`}`
  const start = Math.max(0, x)
  const seen = Math.min(100, x + width) - start
  return (
    <g>
      <rect
        class={`segment ${kind}`}
        x={`${x}%`}
        y="4"
        width={`${Math.max(0.15, width)}%`}
        height="18"
        rx="3"
      >
        <title>{`${visibleText(said)}, ${durationText(to - from)}`}</title>
      </rect>
      {seen > 9 && (
        <svg x={`${start}%`} width={`${seen}%`} height="26" class="clip">
          <text x="7" y="17" class={`segment-word ${kind}`}>
            {visibleText(word)}
          </text>
        </svg>
      )}
    </g>
  )
}

const MARK_WORDS = {
  signal: 'signal',
  reply: 'reply',
  child: 'child ended',
  resume: 'resumed',
  cancel: 'cancel asked',
  abandon: 'abandon asked',
  takeover: 'take-over',
  end: 'end',
} as const satisfies Record<Mark['type'], string>

const MARKS_DRAWN = 400

/** Signals, requests and take-overs at their moments. */
export function MarkStrip({ frame, marks }: { readonly frame: Frame; readonly marks: readonly Mark[] }) {
  if (marks.length === 0) return null
  const seen = marks
    .map((mark) => ({ mark, x: percent(frame, mark.at) }))
    .filter(({ x }) => x >= -1 && x <= 101)
    .slice(-MARKS_DRAWN)
  return (
    <div class="lane strip marks">
      <span class="lane-label">From others</span>
      <svg class="lane-plot" height="22" width="100%" aria-hidden="true">
        {seen.map(({ mark, x }) => (
          <svg x={`${x}%`} class="spill">
            <g class={`mark ${mark.type}`}>
              <path d={MARK_SHAPES[mark.type]} />
              <title>{markText(mark)}</title>
            </g>
          </svg>
        ))}
      </svg>
    </div>
  )
}

const MARK_SHAPES: Record<Mark['type'], string> = {
  signal: 'M-5 11 0 6l5 5-5 5z',
  reply: 'M-5 11 0 6l5 5-5 5z',
  child: 'M-4 7h8v8h-8z',
  resume: 'M-4 6 5 11l-9 5z',
  cancel: 'M-5 6 5 16M5 6-5 16',
  abandon: 'M-5 6 5 16M5 6-5 16',
  takeover: 'M1-2-5 12h4l-2 10L5 8H0z',
  end: 'M-1.5 3h3v16h-3z',
}

export function markText({ type, name, by, takeover }: Mark): string {
  if (takeover !== undefined) {
    const { from, to, step } = takeover
    const during = step === undefined ? '' : `, in step ${visibleText(step.name)}, attempt ${step.attempt}`
    return `taken over from ${visibleText(from)} by ${visibleText(to)}${during}`
  }
  const who = by === undefined ? '' : ` by ${visibleText(by)}`
  return `${MARK_WORDS[type]}${name === undefined ? '' : `: ${visibleText(name)}`}${who}`
}

/** A line through all lanes for each take-over, so that none is missed. */
export function TakeoverLines({ frame, marks }: { readonly frame: Frame; readonly marks: readonly Mark[] }) {
  const seen = marks
    .filter((mark) => mark.takeover !== undefined)
    .map((mark) => ({ mark, x: percent(frame, mark.at) }))
    .filter(({ x }) => x >= 0 && x <= 100)
    .slice(-50)
  if (seen.length === 0) return null
  const named = withRoom(seen.map(({ x }) => x))
  return (
    <div class="overlay" aria-hidden="true">
      {seen.map(({ mark, x }, index) => (
        <span class={`takeover-line${x > 60 ? ' left' : ''}`} style={{ left: `${x}%` }}>
          {named.has(index) && (
            <span class="takeover-word">
              taken over by <Text of={shortOwner(mark.takeover?.to ?? '')} />
            </span>
          )}
        </span>
      ))}
    </div>
  )
}

/** Names of workers can be long, and differ at their ends. */
function shortOwner(owner: string): string {
  return owner.length > 20 ? `…${owner.slice(-12)}` : owner
}

/** Moments under the lanes. */
export function Axis({ frame }: { readonly frame: Frame }) {
  const { scale, zoom } = frame
  const at = ticks(scale, zoom, 4)
  const [first = 0] = at
  return (
    <div class="lane axis" aria-hidden="true">
      <span class="lane-label" />
      <ol class="lane-plot">
        {at.map((moment, index) => (
          <li title={instantText(moment)}>
            {index === 0 ? clockText(moment, clock.peek()) : `+${durationText(moment - first)}`}
          </li>
        ))}
      </ol>
    </div>
  )
}
