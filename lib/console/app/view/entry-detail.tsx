import type { LogEntry } from '../../../model/log.ts'
import { entryLine } from '../model/entry-text.ts'
import { LoadedValue } from './loaded-value.tsx'
import { ErrorText } from './lane-detail.tsx'
import { FullMoment, Text } from './text.tsx'

/** The entry that a person chose in the history. */
export function EntryDetail({
  id,
  entry,
  close,
}: {
  readonly id: string
  readonly entry: LogEntry
  readonly close: () => void
}) {
  const { what, name, text, payload } = entryLine(entry)
  const error =
    entry.type === 'attempt'
      ? entry.error
      : 'outcome' in entry && !entry.outcome.ok
        ? entry.outcome.error
        : undefined
  return (
    <section class="detail" aria-label={`Entry ${entry.seq}`}>
      <div class="section-head">
        <h3>
          {entry.seq}: {what} <Text of={name} />
        </h3>
        <button type="button" class="quiet" onClick={close}>
          Close
        </button>
      </div>
      <p>
        <FullMoment at={entry.at} />
        {error === undefined && (
          <>
            {': '}
            <Text of={text} />
          </>
        )}
      </p>
      {error !== undefined && <ErrorText error={error} />}
      {payload !== undefined && (
        <LoadedValue key={entry.seq} id={id} seq={entry.seq} payload={payload} what={`entry ${entry.seq}`} />
      )}
    </section>
  )
}
