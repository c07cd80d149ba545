import type { AttentionRow, KindCounts } from '../../../registry/port-lists.ts'
import type { Status } from '../../../model/record.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { COMMANDS } from '../model/commands.ts'
import { attentionGroups, type AttentionGroup } from '../model/groups.ts'
import { ALL_STATUSES, STATUS_WORDS } from '../model/status.ts'
import { countText } from '../model/words.ts'
import { CliLine } from './cli-line.tsx'
import { ListLink } from './list-link.tsx'
import { ProcessList } from './list.tsx'
import { Page, Section } from './page.tsx'
import { Shown } from './states.tsx'
import { StatusBadge, StatusIcon } from './status-badge.tsx'
import { KindLink, Moment, ProcessLink, Text } from './text.tsx'

/** What needs attention first, then how many there are, then each. */
export function Home() {
  return (
    <Page title="Processes">
      <Attention />
      <Counts />
      <ProcessList />
    </Page>
  )
}

function Attention() {
  const live = useLive('attention', (signal) => ask('attention', {}, signal))
  return (
    <Section title="Needs attention" aside={<CliLine command={COMMANDS.attention} />}>
      <Shown live={live} what="what needs attention">
        {({ items, cursor }) => {
          const groups = attentionGroups(items)
          if (groups.length === 0)
            return (
              <p class="all-well">
                <StatusIcon status="completed" /> No process is stuck, failed or abandoned.
              </p>
            )
          return (
            <>
              <ul class="groups">
                {groups.map((group) => (
                  <Group
                    key={`${group.status} ${group.kind} ${group.code ?? ''}`}
                    group={group}
                    more={cursor !== undefined}
                  />
                ))}
              </ul>
              {cursor !== undefined && (
                <p class="dim">
                  These are the newest {items.length}. There are more: filter the list by status.
                </p>
              )}
            </>
          )
        }}
      </Shown>
    </Section>
  )
}

const SHOWN = 5

/** `more`: not all that need attention were read. */
function Group({ group, more }: { readonly group: AttentionGroup; readonly more: boolean }) {
  const { status, kind, code, rows, newestAt, oldestAt } = group
  return (
    <li class={`group ${status}`}>
      <div class="group-head">
        <StatusBadge status={status} />
        <strong>
          {more && 'at least '}
          {countText(rows.length, 'process', 'processes')}
        </strong>
        <span>
          of <KindLink kind={kind} />
        </span>
        {code !== undefined && <Text of={code} code />}
        <span class="dim push">
          <Moment at={newestAt} />
          {rows.length > 1 && oldestAt !== newestAt && (
            <>
              , the first <Moment at={oldestAt} />
            </>
          )}
        </span>
      </div>
      <ul class="group-rows">
        {rows.slice(0, SHOWN).map((row) => (
          <GroupRow key={row.id} row={row} />
        ))}
        {rows.length > SHOWN && (
          <li>
            <ListLink filter={{ kind, status }}>and {rows.length - SHOWN} more</ListLink>
          </li>
        )}
      </ul>
    </li>
  )
}

function GroupRow({ row }: { readonly row: AttentionRow }) {
  return (
    <li>
      <ProcessLink id={row.id} />{' '}
      <span class="dim">
        <Moment at={row.at} />
        {row.scope !== undefined && (
          <>
            {' '}
            in <Text of={row.scope} />
          </>
        )}
      </span>
    </li>
  )
}

function Counts() {
  const live = useLive('counts', (signal) => ask('counts', {}, signal))
  return (
    <Section title="By kind and status" aside={<CliLine command={COMMANDS.counts} />}>
      <Shown live={live} what="counts">
        {(kinds) =>
          kinds.length === 0 ? <p class="dim">No kind is deployed.</p> : <CountsTable kinds={kinds} />
        }
      </Shown>
    </Section>
  )
}

function CountsTable({ kinds }: { readonly kinds: readonly KindCounts[] }) {
  const used = ALL_STATUSES.filter((status) => kinds.some(({ counts }) => (counts[status] ?? 0) > 0))
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label="Counts by kind and status">
      <table class="counts">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            {used.map((status) => (
              <th scope="col" class="number">
                <span class={`tinted ${status}`}>
                  <StatusIcon status={status} />
                </span>{' '}
                {STATUS_WORDS[status]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {kinds.map(({ kind, counts, atLeast }) => (
            <tr key={kind}>
              <th scope="row">
                <KindLink kind={kind} />
                {atLeast === true && <span class="tag">at least</span>}
              </th>
              {used.map((status) => (
                <td class="number">
                  <Count kind={kind} status={status} count={counts[status] ?? 0} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Count(of: { readonly kind: string; readonly status: Status; readonly count: number }) {
  const { kind, status, count } = of
  if (count === 0) return <span class="dim">0</span>
  return (
    <ListLink filter={{ kind, status }} label={`${count} ${status} of ${kind}`}>
      {count.toLocaleString('en')}
    </ListLink>
  )
}
