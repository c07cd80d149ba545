import { useEffect, useMemo } from 'preact/hooks'
import type { ProcessView } from '../../../client/processes.ts'
import { ask } from '../api.ts'
import { HistoryStore } from '../history-store.ts'
import { useLive } from '../live.ts'
import { COMMANDS, type Command } from '../model/commands.ts'
import { PROCESS_PARTS, processPath, type ProcessPart } from '../model/route.ts'
import { isEndedStatus } from '../model/status.ts'
import { Actions } from './actions.tsx'
import { Children } from './children.tsx'
import { Facts } from './facts.tsx'
import { HistoryList } from './history.tsx'
import { Page } from './page.tsx'
import { Raw } from './raw.tsx'
import { StateCard } from './state-card.tsx'
import { Shown } from './states.tsx'
import { LiveTimeline } from './live-timeline.tsx'
import { StatusBadge } from './status-badge.tsx'
import { CopyButton, KindLink, Text } from './text.tsx'
import { Values } from './values.tsx'

const PARTS: Record<ProcessPart, { readonly label: string; readonly command: (id: string) => Command }> = {
  timeline: { label: 'Timeline', command: COMMANDS.trace },
  history: { label: 'History', command: COMMANDS.log },
  values: { label: 'Input and output', command: COMMANDS.result },
  children: { label: 'Children', command: COMMANDS.log },
  raw: { label: 'Raw', command: COMMANDS.json },
}

export function ProcessScreen({ id, part }: { readonly id: string; readonly part: ProcessPart }) {
  const live = useLive(`process ${id}`, (signal) => ask('show', { id }, signal), {
    ended: (view: ProcessView) => isEndedStatus(view.status),
  })
  const store = useMemo(() => new HistoryStore(id), [id])
  useEffect(() => () => store.stop(), [store])
  const seq = live.value?.seq ?? 0
  const wantsHistory = part === 'timeline' || part === 'history'
  useEffect(() => {
    // The header is drawn first: the history comes by requests of its own.
    if (wantsHistory) void store.follow(seq)
  }, [store, seq, wantsHistory])
  return (
    <Page
      title={id}
      over={live.value === undefined ? 'Process' : <Over view={live.value} />}
      heading={
        <>
          <span class="code">
            <Text of={id} />
          </span>
          <CopyButton text={id} label="Copy the id" />
        </>
      }
      command={PARTS[part].command(id)}
    >
      <Shown live={live} what="the process">
        {(view) => (
          <>
            <StateCard view={view} changed={live.refresh} />
            <Actions view={view} changed={live.refresh} />
            <Facts view={view} />
            <Parts id={id} part={part} view={view} />
            {part === 'timeline' && <LiveTimeline store={store} view={view} />}
            {part === 'history' && <HistoryList store={store} />}
            {part === 'values' && <Values view={view} />}
            {part === 'children' && <Children view={view} />}
            {part === 'raw' && <Raw view={view} />}
          </>
        )}
      </Shown>
    </Page>
  )
}

function Over({ view }: { readonly view: ProcessView }) {
  return (
    <>
      <KindLink kind={view.kind} /> <StatusBadge status={view.status} large />
    </>
  )
}

function Parts({
  id,
  part,
  view,
}: {
  readonly id: string
  readonly part: ProcessPart
  readonly view: ProcessView
}) {
  const counts: Partial<Record<ProcessPart, number>> = { history: view.seq, children: view.children ?? 0 }
  return (
    <nav class="parts" aria-label="Parts of the process">
      <ul>
        {PROCESS_PARTS.map((each) => {
          const count = counts[each]
          return (
            <li>
              <a href={processPath(id, each)} aria-current={each === part ? 'page' : undefined}>
                {PARTS[each].label}
                {count !== undefined && <span class="count">{count.toLocaleString('en')}</span>}
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
