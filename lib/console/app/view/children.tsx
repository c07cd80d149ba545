import type { ProcessView } from '../../../client/processes.ts'
import type { ChildView } from '../../../client/log-views.ts'
import { useState } from 'preact/hooks'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { isEndedStatus, statusFrom } from '../model/status.ts'
import { Empty, Shown } from './states.tsx'
import { StatusBadge } from './status-badge.tsx'
import { KindLink, Moment, ProcessLink, Text } from './text.tsx'

const SHOWN = 100

/** The children of a process, and theirs when they are opened. */
export function Children({ view }: { readonly view: ProcessView }) {
  const ended = isEndedStatus(view.status)
  return (
    <>
      {view.parent !== undefined && (
        <p>
          Started by <ProcessLink id={view.parent.id} />; when that ends: <strong>{view.parent.onEnd}</strong>
          .
        </p>
      )}
      <Branch id={view.id} ended={ended} />
    </>
  )
}

function Branch({ id, ended }: { readonly id: string; readonly ended: boolean }) {
  const live = useLive(`children ${id}`, (signal) => ask('children', { id }, signal), { ended: () => ended })
  const [shown, setShown] = useState(SHOWN)
  return (
    <Shown live={live} what="children">
      {(children) =>
        children.length === 0 ? (
          <Empty title="No children" />
        ) : (
          <>
            <ul class="tree">
              {children.slice(0, shown).map((child) => (
                <Child key={child.id} child={child} />
              ))}
            </ul>
            {children.length > shown && (
              <button type="button" onClick={() => setShown(shown + SHOWN)}>
                {children.length - shown} more children
              </button>
            )}
          </>
        )
      }
    </Shown>
  )
}

function Child({ child }: { readonly child: ChildView }) {
  const { id, kind, startedAt, onEnd, ended } = child
  const [open, setOpen] = useState(false)
  const status = statusFrom(ended?.status ?? null)
  return (
    <li>
      <span class="child">
        <button
          type="button"
          class="quiet icon"
          aria-expanded={open}
          aria-label={`Children of ${id}`}
          onClick={() => setOpen(!open)}
        >
          {open ? '▾' : '▸'}
        </button>
        {status === undefined ? <span class="tag">open</span> : <StatusBadge status={status} />}
        <ProcessLink id={id} />
        <span class="dim">
          <KindLink kind={kind} />, started <Moment at={startedAt} />
          {ended !== undefined && (
            <>
              , ended <Moment at={ended.at} />
            </>
          )}
          {onEnd !== undefined && (
            <>
              ; when this ends: <Text of={onEnd} />
            </>
          )}
        </span>
      </span>
      {open && <Branch id={id} ended={ended !== undefined} />}
    </li>
  )
}
