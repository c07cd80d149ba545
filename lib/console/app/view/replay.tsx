import { useMemo, useState } from 'preact/hooks'
import { COMMANDS } from '../model/commands.ts'
import { readDropped, type DroppedHistory, type ReadFile } from '../model/history-file.ts'
import { isEndedStatus } from '../model/status.ts'
import { countText } from '../model/words.ts'
import { visibleText } from '../model/visible-text.ts'
import { JsonView } from './json-view.tsx'
import { Page, Section } from './page.tsx'
import { asJson } from './raw.tsx'
import { StatusBadge } from './status-badge.tsx'
import { Text } from './text.tsx'
import { Timeline } from './timeline.tsx'

/** A history file, drawn in the browser. It is sent nowhere. */
export function Replay() {
  const [read, setRead] = useState<(ReadFile & { readonly name: string }) | undefined>(undefined)
  const [over, setOver] = useState(false)
  const take = async (file: File | null | undefined): Promise<void> => {
    if (file === null || file === undefined) return
    setRead({ ...readDropped(await file.text()), name: file.name })
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer?.files[0])
  }
  return (
    <Page title="Replay a history" command={COMMANDS.replay(read?.name ?? 'FILE')}>
      <div
        class={`drop${over ? ' over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>Drop a history file here to see its timeline. The file stays in this browser.</p>
        <label class="file">
          Choose a file
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
        <p class="dim">
          <span class="code">leasehold history ID -o FILE</span> writes one. To run it against your code, use
          the command below.
        </p>
      </div>
      {read !== undefined && !read.ok && (
        <div class="failure" role="alert">
          <p class="empty-title">{visibleText(read.name)} cannot be shown</p>
          <p>{read.why}</p>
        </div>
      )}
      {read?.ok === true && <History history={read.history} />}
    </Page>
  )
}

function History({ history }: { readonly history: DroppedHistory }) {
  const { view, entries } = history
  const last = entries.at(-1)?.at ?? 0
  const frame = useMemo(
    () => ({ ...view, ...(isEndedStatus(view.status) && { endedAt: last }) }),
    [view, last],
  )
  return (
    <>
      <Section title="Process">
        <p>
          <StatusBadge status={view.status} large /> <Text of={view.id} code /> of <Text of={view.kind} />,{' '}
          {countText(entries.length, 'entry', 'entries')}
        </p>
        <Timeline key={view.id} entries={entries} version={0} view={frame} now={last} partly={false} />
      </Section>
      <Section title="Input">
        {'value' in view.input ? (
          <JsonView value={view.input.value} name="input" />
        ) : (
          <JsonView value={history.payloads[view.input.ref] ?? null} name="input" />
        )}
      </Section>
      {view.output !== undefined && (
        <Section title="Output">
          <JsonView value={asJson(view.output)} name="output" />
        </Section>
      )}
    </>
  )
}
