import { useState } from 'preact/hooks'
import type { Segment } from '../model/segments.ts'
import type { Lane, Mark } from '../model/timeline.ts'
import { countText, durationText, instantText } from '../model/words.ts'
import { markText } from './run-strip.tsx'
import { laneWords } from './lanes.tsx'
import { Text } from './text.tsx'

type Row = {
  readonly at: number
  readonly what: string
  readonly text: string
  readonly lasted?: number
}

const STEP = 100

/** The timeline as a table: the same for screen readers, and for people who would rather read. */
export function TimelineTable(of: {
  readonly lanes: readonly Lane[]
  readonly segments: readonly Segment[]
  readonly marks: readonly Mark[]
}) {
  const [open, setOpen] = useState(false)
  const [shown, setShown] = useState(STEP)
  return (
    <details class="twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The timeline as a table</summary>
      {open && <Table rows={rowsOf(of)} shown={shown} more={() => setShown(shown + STEP)} />}
    </details>
  )
}

function Table({
  rows,
  shown,
  more,
}: {
  readonly rows: readonly Row[]
  readonly shown: number
  readonly more: () => void
}) {
  return (
    <>
      <div class="scroller" tabIndex={0} role="region" aria-label="The timeline as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">What</th>
              <th scope="col">Lasted</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <tr>
                <td class="nowrap">{instantText(row.at)}</td>
                <td>
                  {row.what} <Text of={row.text} />
                </td>
                <td class="nowrap">{row.lasted === undefined ? '' : durationText(row.lasted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <button type="button" onClick={more}>
          {countText(rows.length - shown, 'more row')}
        </button>
      )}
    </>
  )
}

const WORDS = {
  queued: 'Not started',
  running: 'A worker runs it',
  waiting: 'Waits',
  lost: 'Held by a dead worker',
  stuck: 'Stuck',
} as const satisfies Record<Segment['kind'], string>

function rowsOf({ lanes, segments, marks }: Parameters<typeof TimelineTable>[0]): readonly Row[] {
  return [
    ...segments.map(({ kind, from, to, owner, why }) => ({
      at: from,
      what: `${WORDS[kind]}${owner === undefined && why === undefined ? '' : ':'}`,
      text: [owner, why].filter((each) => each !== undefined).join(', '),
      lasted: to - from,
    })),
    ...lanes.map((lane) => ({
      at: lane.from,
      what: `Effect ${lane.effect}`,
      text: `${lane.name}: ${laneWords(lane, lane.from)}${lane.error === undefined ? '' : `, ${lane.error.class}: ${lane.error.message}`}`,
      ...(lane.to !== undefined && { lasted: lane.to - lane.from }),
    })),
    ...marks.map((mark) => ({ at: mark.at, what: 'Event:', text: markText(mark) })),
  ].toSorted((a, b) => a.at - b.at)
}
