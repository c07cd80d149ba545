import { useMemo, useState } from 'preact/hooks'
import type { LogEntry } from '../../../model/log.ts'
import { segmentsOf, type SegmentView } from '../model/segments.ts'
import {
  evenScale,
  prefersEven,
  shifted,
  timeScale,
  WHOLE,
  zoomed,
  type ScaleMode,
  type Zoom,
} from '../model/scale.ts'
import { INSTANT_EFFECTS, lanesOf, marksOf, timelineSummary } from '../model/timeline.ts'
import { LaneDetail } from './lane-detail.tsx'
import { Lanes } from './lanes.tsx'
import { Axis, MarkStrip, RunStrip, TakeoverLines } from './run-strip.tsx'
import { TimelineTable } from './timeline-table.tsx'

type Props = {
  readonly entries: readonly LogEntry[]
  /** Rises with the entries. */
  readonly version: number
  readonly view: SegmentView
  readonly now: number
  /** Earlier entries are missing. */
  readonly partly: boolean
}

/** What happened in a process over its time, drawn, and the same as a table. */
export function Timeline({ entries, version, view, now, partly }: Props) {
  const { createdAt, startedAt } = view
  const lanes = useMemo(
    () => lanesOf(entries, partly ? undefined : startedAt),
    [version, entries.length, startedAt],
  )
  const marks = useMemo(() => marksOf(entries), [version, entries.length])
  const from = partly ? entries[0]?.at : createdAt
  const segments = useMemo(() => {
    const shown = partly && from !== undefined ? { ...view, createdAt: from, startedAt: from } : view
    return segmentsOf(entries, shown, now)
  }, [version, entries.length, view, now])
  const moments = useMemo(
    () => [
      ...(from === undefined ? [] : [from]),
      ...entries.map((entry) => entry.at),
      ...segments.map((each) => each.to),
    ],
    [version, entries.length, segments],
  )
  const [chosenMode, setMode] = useState<ScaleMode | undefined>(undefined)
  const mode = chosenMode ?? (prefersEven(moments) ? 'even' : 'time')
  const scale = useMemo(
    () =>
      mode === 'even'
        ? evenScale(moments)
        : timeScale(Math.min(...spread(moments)), Math.max(...spread(moments))),
    [mode, moments],
  )
  const [zoom, setZoom] = useState<Zoom>(WHOLE)
  const [instants, setInstants] = useState(false)
  const [chosen, choose] = useState<number | undefined>(undefined)
  const hidden = lanes.filter((lane) => INSTANT_EFFECTS.has(lane.effect)).length
  const shown = useMemo(
    () => (instants ? lanes : lanes.filter((lane) => !INSTANT_EFFECTS.has(lane.effect))),
    [lanes, instants],
  )
  const lane = chosen === undefined ? undefined : lanes.find(({ position }) => position === chosen)
  const frame = { scale, zoom }
  return (
    <figure class="timeline" aria-label={`Timeline: ${timelineSummary(lanes, marks)}`}>
      <Tools
        mode={mode}
        setMode={setMode}
        zoom={zoom}
        setZoom={setZoom}
        hidden={hidden}
        instants={instants}
        setInstants={setInstants}
      />
      <div class="chart" onKeyDown={(event) => setZoom(zoomByKey(event, zoom))}>
        <TakeoverLines frame={frame} marks={marks} />
        <RunStrip frame={frame} segments={segments} />
        <MarkStrip frame={frame} marks={marks} />
        <Lanes frame={frame} lanes={shown} now={now} chosen={chosen} choose={choose} />
        <Axis frame={frame} />
      </div>
      {shown.length === 0 && <p class="dim">Its code has asked for no effect yet.</p>}
      {lane !== undefined && <LaneDetail lane={lane} close={() => choose(undefined)} />}
      <Legend />
      <TimelineTable lanes={lanes} segments={segments} marks={marks} />
    </figure>
  )
}

/** Its ends: a list of ten thousand is too long to be arguments. */
function spread(moments: readonly number[]): readonly number[] {
  let [least = 0, most = 0] = [moments[0], moments[0]]
  for (const at of moments) {
    if (at < least) least = at
    if (at > most) most = at
  }
  return [least, most]
}

function zoomByKey(event: KeyboardEvent, zoom: Zoom): Zoom {
  if (event.ctrlKey || event.metaKey || event.altKey) return zoom
  switch (event.key) {
    case '+':
    case '=':
      return zoomed(zoom, 0.5)
    case '-':
      return zoomed(zoom, 2)
    case '0':
      return WHOLE
    case 'ArrowLeft':
      return shifted(zoom, -0.25)
    case 'ArrowRight':
      return shifted(zoom, 0.25)
    default:
      return zoom
  }
}

function Tools(of: {
  readonly mode: ScaleMode
  readonly setMode: (mode: ScaleMode) => void
  readonly zoom: Zoom
  readonly setZoom: (zoom: Zoom) => void
  readonly hidden: number
  readonly instants: boolean
  readonly setInstants: (shown: boolean) => void
}) {
  const { mode, setMode, zoom, setZoom, hidden, instants, setInstants } = of
  const whole = zoom.start === 0 && zoom.end === 1
  return (
    <div class="tools" role="group" aria-label="Timeline view">
      <button
        type="button"
        aria-pressed={mode === 'even'}
        onClick={() => setMode(mode === 'even' ? 'time' : 'even')}
      >
        Shorten gaps
      </button>
      {hidden > 0 && (
        <button type="button" aria-pressed={instants} onClick={() => setInstants(!instants)}>
          Instant effects ({hidden.toLocaleString('en')})
        </button>
      )}
      <span class="push" />
      <button
        type="button"
        aria-label="Earlier"
        disabled={zoom.start <= 0}
        onClick={() => setZoom(shifted(zoom, -0.5))}
      >
        ←
      </button>
      <button
        type="button"
        aria-label="Later"
        disabled={zoom.end >= 1}
        onClick={() => setZoom(shifted(zoom, 0.5))}
      >
        →
      </button>
      <button type="button" aria-label="Zoom out" disabled={whole} onClick={() => setZoom(zoomed(zoom, 2))}>
        −
      </button>
      <button type="button" aria-label="Zoom in" onClick={() => setZoom(zoomed(zoom, 0.5))}>
        +
      </button>
      <button type="button" disabled={whole} onClick={() => setZoom(WHOLE)}>
        Fit
      </button>
    </div>
  )
}

const LEGEND: readonly (readonly [kind: string, label: string])[] = [
  ['running', 'a worker runs it'],
  ['waiting', 'waits; no worker is busy'],
  ['queued', 'not started yet'],
  ['lost', 'held by a dead worker'],
  ['stuck', 'stuck'],
]

function Legend() {
  return (
    <ul class="legend" aria-hidden="true">
      {LEGEND.map(([kind, label]) => (
        <li>
          <svg width="22" height="10">
            <rect class={`segment ${kind}`} width="22" height="10" rx="2" />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  )
}
