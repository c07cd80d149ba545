import { useRef, useState } from 'preact/hooks'
import { rowWindow } from '../model/rows.ts'
import { WAITING_EFFECTS, type Lane } from '../model/timeline.ts'
import { durationText } from '../model/words.ts'
import { visibleText } from '../model/visible-text.ts'
import { percent, type Frame } from '../model/scale.ts'
import { Text } from './text.tsx'

/** As in the stylesheet: all lanes are as high, so that of many only those in sight are drawn. */
const ROW = 28
const SEEN_MAX = 18

type Props = {
  readonly frame: Frame
  readonly lanes: readonly Lane[]
  readonly now: number
  readonly chosen: number | undefined
  readonly choose: (position: number | undefined) => void
}

/** A lane for each effect, in the order of the code. */
export function Lanes({ frame, lanes, now, chosen, choose }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [scrollTop, setScrollTop] = useState(0)
  const height = Math.min(lanes.length, SEEN_MAX) * ROW
  const { first, last } = rowWindow(lanes.length, ROW, { scrollTop, height })
  return (
    <div
      class="lanes"
      ref={box}
      style={{ maxHeight: `${height + 2}px` }}
      onScroll={() => setScrollTop(box.current?.scrollTop ?? 0)}
      role="region"
      aria-label="Effects, in the order of the code"
      tabIndex={lanes.length > SEEN_MAX ? 0 : undefined}
    >
      <ol style={{ height: `${lanes.length * ROW}px` }}>
        {lanes.slice(first, last).map((lane, index) => (
          <li key={lane.position} class="lane" style={{ top: `${(first + index) * ROW}px` }}>
            <button
              type="button"
              class="lane-label"
              aria-pressed={lane.position === chosen}
              onClick={() => choose(lane.position === chosen ? undefined : lane.position)}
            >
              <span class={`dot ${lane.state}`} aria-hidden="true" />
              <span class="effect">{lane.effect}</span> <Text of={lane.name} />
              <span class="sr-only">, {laneWords(lane, now)}</span>
            </button>
            <svg class="lane-plot" height={ROW} width="100%" aria-hidden="true">
              <LaneBar frame={frame} lane={lane} now={now} />
            </svg>
          </li>
        ))}
      </ol>
    </div>
  )
}

export function laneWords({ state, attempts, from, to }: Lane, now: number): string {
  const failed = attempts.length === 0 ? '' : `, ${attempts.length} failed attempts`
  return state === 'open' ? `open${failed}` : `${state} in ${durationText((to ?? now) - from)}${failed}`
}

function LaneBar({ frame, lane, now }: { readonly frame: Frame; readonly lane: Lane; readonly now: number }) {
  const { from, to = Math.max(now, from), effect, state, attempts } = lane
  const x = percent(frame, from)
  const width = percent(frame, to) - x
  if (x > 101 || x + width < -1) return <OutOfSight left={x + width < 0} />
  const waits = WAITING_EFFECTS.has(effect) ? ' waits' : ''
  const title = `${effect} ${visibleText(lane.name)}: ${laneWords(lane, now)}`
  return (
    <>
      <rect
        class={`bar ${state}${waits}`}
        x={`${x}%`}
        y="8"
        width={`${Math.max(0.3, width)}%`}
        height="12"
        rx="3"
      >
        <title>{title}</title>
      </rect>
      {attempts.slice(-40).map((attempt) => {
        const failedAt = percent(frame, attempt.at)
        const next = percent(frame, Math.min(to, attempt.dueAt))
        return (
          <>
            <rect
              class="pause"
              x={`${failedAt}%`}
              y="12"
              width={`${Math.max(0, next - failedAt)}%`}
              height="4"
            />
            <svg x={`${failedAt}%`} class="spill">
              <path class="attempt-ground" d="m-3.5 10.5 7 7m0-7-7 7" />
              <path class="attempt" d="m-3.5 10.5 7 7m0-7-7 7">
                <title>{`attempt failed: ${visibleText(attempt.error.message)}`}</title>
              </path>
            </svg>
          </>
        )
      })}
    </>
  )
}

function OutOfSight({ left }: { readonly left: boolean }) {
  return (
    <text class="dim" x={left ? '0' : '100%'} y="18" text-anchor={left ? 'start' : 'end'}>
      {left ? '‹' : '›'}
    </text>
  )
}
