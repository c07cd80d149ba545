import { useEffect, useState } from 'preact/hooks'
import type { ListedProcess } from '../../../registry/port-lists.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { listCommand } from '../model/commands.ts'
import { filterOf, filterQuery } from '../model/filter.ts'
import { OVERDUE_MS } from '../model/sentence.ts'
import { titleOf } from '../model/sentence-parts.ts'
import { query } from '../router.ts'
import { clock } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { Filters } from './filters.tsx'
import { Section } from './page.tsx'
import { Empty, Shown } from './states.tsx'
import { StatusBadge } from './status-badge.tsx'
import { KindLink, Moment, ProcessLink, Text } from './text.tsx'

const PAGE_ROWS = 50

/** All processes that the filters of the address let through, newest first. */
export function ProcessList() {
  const filter = filterOf(query.value)
  const key = filterQuery(filter)
  /** Cursors of the pages before this one. The first page has none. */
  const [cursors, setCursors] = useState<readonly string[]>([])
  useEffect(() => setCursors([]), [key])
  const cursor = cursors.at(-1)
  const live = useLive(`list ${key} ${cursor ?? ''}`, (signal) =>
    ask('list', { ...filter, limit: PAGE_ROWS, ...(cursor !== undefined && { cursor }) }, signal),
  )
  return (
    <Section title="All processes" aside={<CliLine command={listCommand(filter)} />}>
      <Filters filter={filter} />
      <Shown live={live} what="processes">
        {(page) => (
          <>
            {page.items.length === 0 ? <None filtered={key !== ''} /> : <Rows rows={page.items} />}
            <nav class="pager" aria-label="Pages of the list">
              {cursors.length > 0 && (
                <button type="button" onClick={() => setCursors(cursors.slice(0, -1))}>
                  Newer
                </button>
              )}
              {cursors.length > 0 && <span class="dim">Page {cursors.length + 1}</span>}
              {page.cursor !== undefined && (
                <button type="button" onClick={() => setCursors([...cursors, page.cursor ?? ''])}>
                  Older
                </button>
              )}
            </nav>
          </>
        )}
      </Shown>
    </Section>
  )
}

function None({ filtered }: { readonly filtered: boolean }) {
  if (!filtered)
    return (
      <Empty title="No process yet">
        <p>
          Start one from a <a href="/kinds">kind</a>, or by a client. It appears here at once.
        </p>
      </Empty>
    )
  return (
    <Empty title="No process fits these filters">
      <p>
        <a href="/">Clear the filters</a>
      </p>
    </Empty>
  )
}

function Rows({ rows }: { readonly rows: readonly ListedProcess[] }) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Process</th>
          <th scope="col">Waits for, or error</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ row }: { readonly row: ListedProcess }) {
  const { id, kind, status, createdAt, scope } = row
  return (
    <tr>
      <td>
        <StatusBadge status={status} />
      </td>
      <td>
        <ProcessLink id={id} />
        <span class="under">
          <KindLink kind={kind} />
          {scope !== undefined && (
            <>
              {' '}
              in <Text of={scope} />
            </>
          )}
        </span>
      </td>
      <td>
        <Why row={row} />
      </td>
      <td>
        <Moment at={createdAt} />
      </td>
    </tr>
  )
}

function Why({ row }: { readonly row: ListedProcess }) {
  const { waitsFor, since, until, code } = row
  if (waitsFor === undefined) return code === undefined ? null : <Text of={code} code />
  const { effect, name } = titleOf(waitsFor)
  const overdue = until !== undefined && clock.value - until > OVERDUE_MS
  return (
    <>
      {effect} {name !== '' && <Text of={name} code />}
      {code !== undefined && <Text of={code} code />}
      {overdue && <span class="tag warn">overdue</span>}
      <span class="under">
        {since !== undefined && (
          <>
            since <Moment at={since} />
          </>
        )}
        {until !== undefined && (
          <>
            , ends <Moment at={until} />
          </>
        )}
      </span>
    </>
  )
}
