import type { ComponentChildren } from 'preact'
import type { ProcessView } from '../../../client/processes.ts'
import { slotPath } from '../model/route.ts'
import { countText, durationText } from '../model/words.ts'
import { clock } from '../state.ts'
import { Fact } from './page.tsx'
import { FullMoment, KindLink, ProcessLink, Text } from './text.tsx'

type Known = readonly [name: string, value: ComponentChildren]

/** What the row says of a process, apart from its state. */
export function Facts({ view }: { readonly view: ProcessView }) {
  const { createdAt, startedAt, endedAt, fence, stalls, version, kind, recovery } = view
  const end = endedAt ?? clock.value
  const facts: readonly (Known | undefined)[] = [
    [
      'Kind',
      <>
        <KindLink kind={kind} />
        {version !== undefined && (
          <>
            , version <Text of={version} />
          </>
        )}
      </>,
    ],
    recovery === 'rerun' ? undefined : ['Recovery', recovery],
    view.scope === undefined ? undefined : ['Scope', <Text of={view.scope} />],
    ['Created', <FullMoment at={createdAt} />],
    startedAt === undefined ? undefined : ['Started', <FullMoment at={startedAt} />],
    endedAt === undefined ? undefined : ['Ended', <FullMoment at={endedAt} />],
    [endedAt === undefined ? 'Open for' : 'Took', durationText(end - createdAt)],
    ['Claims', stalls > 0 ? `${fence}, and ${countText(stalls, 'worker')} died with it` : String(fence)],
    view.parent === undefined ? undefined : ['Parent', <ProcessLink id={view.parent.id} />],
    view.provenance?.retryOf === undefined
      ? undefined
      : ['Retry of', <ProcessLink id={view.provenance.retryOf} />],
    view.retriedBy === undefined ? undefined : ['Retried by', <ProcessLink id={view.retriedBy} />],
    view.provenance?.source === undefined ? undefined : ['Source', <Text of={view.provenance.source} />],
    view.concurrency === undefined
      ? undefined
      : [
          'Slot of',
          <>
            <a class="code" href={slotPath(view.concurrency.key)}>
              <Text of={view.concurrency.key} />
            </a>
            , {view.concurrency.limit} at once
          </>,
        ],
    view.limits?.timeoutMs === undefined ? undefined : ['Timeout', durationText(view.limits.timeoutMs)],
    view.urgent === true ? ['Urgent', 'yes'] : undefined,
  ]
  return (
    <dl class="facts">
      {facts
        .filter((fact) => fact !== undefined)
        .map(([name, value]) => (
          <Fact name={name}>{value}</Fact>
        ))}
    </dl>
  )
}
