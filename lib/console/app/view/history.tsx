import { useEffect, useRef, useState } from 'preact/hooks'
import type { LogEntry } from '../../../model/log.ts'
import type { HistoryStore } from '../history-store.ts'
import { entryLine } from '../model/entry-text.ts'
import { rowWindow } from '../model/rows.ts'
import { clockText, instantText } from '../model/words.ts'
import { clock, revealed } from '../state.ts'
import { EntryDetail } from './entry-detail.tsx'
import { Empty, Failure } from './states.tsx'
import { ValuePreview } from './reveal.tsx'
import { Text } from './text.tsx'

/** As in the stylesheet. */
const ROW = 32
const SEEN = 20

type Props = { readonly store: HistoryStore }

/** All entries by number. Only those in sight are drawn, and only pages that were in sight are loaded. */
export function HistoryList({ store }: Props) {
  const version = store.version.value
  const [newestFirst, setNewestFirst] = useState(true)
  const [chosen, choose] = useState<number | undefined>(undefined)
  const { total } = store
  const entry = chosen === undefined ? undefined : store.at(chosen)
  const failure = store.failure.value
  if (total === 0) return <Empty title="No entry yet" />
  return (
    <>
      <div class="tools" role="group" aria-label="History view">
        <button type="button" aria-pressed={newestFirst} onClick={() => setNewestFirst(!newestFirst)}>
          Newest first
        </button>
      </div>
      {failure !== undefined && (
        <Failure of={failure} retry={() => void store.load(1, Math.min(total, 200))} />
      )}
      <Rows
        key={String(newestFirst)}
        store={store}
        version={version}
        seqAt={(index) => (newestFirst ? total - index : index + 1)}
        chosen={chosen}
        choose={choose}
      />
      {entry !== undefined && <EntryDetail id={store.id} entry={entry} close={() => choose(undefined)} />}
    </>
  )
}

function Rows({
  store,
  version,
  seqAt,
  chosen,
  choose,
}: Props & {
  readonly version: number
  readonly seqAt: (index: number) => number
  readonly chosen: number | undefined
  readonly choose: (seq: number | undefined) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const [scrollTop, setScrollTop] = useState(0)
  const { total } = store
  const height = Math.min(total, SEEN) * ROW
  const { first, last } = rowWindow(total, ROW, { scrollTop, height })
  useEffect(() => {
    const [a, b] = [seqAt(first), seqAt(Math.max(first, last - 1))]
    void store.load(Math.min(a, b), Math.max(a, b))
  }, [store, version, first, last])
  return (
    <div
      class="entries"
      ref={box}
      style={{ height: `${height + 2}px` }}
      onScroll={() => setScrollTop(box.current?.scrollTop ?? 0)}
      role="table"
      aria-label="Entries of the history"
      aria-rowcount={total}
      tabIndex={0}
    >
      <div class="entries-inner" role="rowgroup" style={{ height: `${total * ROW}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
          const index = first + offset
          const seq = seqAt(index)
          return (
            <Row
              key={seq}
              seq={seq}
              top={index * ROW}
              index={index}
              entry={store.at(seq)}
              chosen={seq === chosen}
              choose={choose}
            />
          )
        })}
      </div>
    </div>
  )
}

function Row(of: {
  readonly seq: number
  readonly top: number
  readonly index: number
  readonly entry: LogEntry | undefined
  readonly chosen: boolean
  readonly choose: (seq: number | undefined) => void
}) {
  const { seq, top, index, entry, chosen, choose } = of
  const line = entry === undefined ? undefined : entryLine(entry)
  return (
    <div
      class={`entry ${line?.tone ?? 'plain'}${chosen ? ' chosen' : ''}`}
      role="row"
      aria-rowindex={index + 1}
      style={{ top: `${top}px` }}
    >
      <span role="cell" class="seq">
        <button type="button" aria-expanded={chosen} onClick={() => choose(chosen ? undefined : seq)}>
          {seq}
        </button>
      </span>
      <span role="cell" class="when" title={entry === undefined ? '' : instantText(entry.at)}>
        {entry === undefined ? '…' : clockText(entry.at, clock.peek())}
      </span>
      <span role="cell" class="what">
        {line !== undefined && (
          <>
            <span class="effect">{line.what}</span> {line.name !== '' && <Text of={line.name} code />}{' '}
            <Text of={line.text} />{' '}
            {line.payload !== undefined && <ValuePreview payload={line.payload} shown={revealed.value} />}
          </>
        )}
      </span>
    </div>
  )
}
