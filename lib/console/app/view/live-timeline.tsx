import type { ProcessView } from '../../../client/processes.ts'
import type { HistoryStore } from '../history-store.ts'
import { isEndedStatus } from '../model/status.ts'
import { clock } from '../state.ts'
import { Failure, Loading } from './states.tsx'
import { Timeline } from './timeline.tsx'

/** The timeline of a process as far as its history is loaded. */
export function LiveTimeline({ store, view }: { readonly store: HistoryStore; readonly view: ProcessView }) {
  const version = store.version.value
  const failure = store.failure.value
  const entries = store.newest()
  if (failure !== undefined && entries.length === 0)
    return <Failure of={failure} retry={() => void store.load(1, store.total)} />
  if (entries.length === 0 && view.seq > 0) return <Loading what="the history" lines={6} />
  const missing = view.seq - entries.length
  // An open process grows to the right, in steps that a person can see.
  const now = isEndedStatus(view.status)
    ? (view.endedAt ?? clock.peek())
    : Math.ceil(clock.value / 5_000) * 5_000
  return (
    <>
      {missing > 0 && (
        <p class="partly">
          The newest {entries.length.toLocaleString('en')} of {view.seq.toLocaleString('en')} entries.{' '}
          <button type="button" onClick={() => void store.loadAll()} disabled={store.loadingAll.value}>
            {store.loadingAll.value ? 'Loading…' : 'Load all'}
          </button>
        </p>
      )}
      <Timeline entries={entries} version={version} view={view} now={now} partly={missing > 0} />
    </>
  )
}
