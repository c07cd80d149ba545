import type { AttentionRow, KindCounts, ListedProcess, Page } from '../registry/port-lists.ts'
import type { Terminal } from './terminal.ts'

// Rows of lists, and lists of pages.

/** A process on one line: what an operator chooses by first, what it waits for or why it ended last. */
function listedRow(row: ListedProcess | AttentionRow, { at }: Pick<Terminal, 'at'>): string {
  const { status, createdAt, kind, id, scope, waitsFor, until, code } = row
  return [
    status.padEnd(9),
    at('at' in row ? row.at : createdAt),
    scope === undefined ? kind : `${kind} in ${scope}`,
    id,
    ...(waitsFor === undefined ? [] : [`waits for ${waitsFor}`]),
    ...(until === undefined ? [] : [`until ${at(until)}`]),
    ...(code === undefined ? [] : [code]),
    ...('retriedBy' in row && row.retriedBy !== undefined ? [`retried by ${row.retriedBy}`] : []),
  ].join('  ')
}

export function countsRow({ kind, counts, atLeast }: KindCounts): string {
  const shown = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  return `${kind}  ${atLeast === true ? 'at least ' : ''}${shown.length === 0 ? 'none' : shown.join(', ')}`
}

/** Prints one page, or with `all` every page: as rows, as the page itself, or as one JSON value a line. */
export async function printPages<Row extends ListedProcess>(
  terminal: Terminal,
  how: { readonly json: boolean; readonly all: boolean; readonly cursor: string | undefined },
  pageAt: (cursor: string | undefined) => Promise<Page<Row>>,
): Promise<void> {
  const { json, all } = how
  let { cursor } = how
  for (;;) {
    const page = await pageAt(cursor)
    if (json && !all) await terminal.line(JSON.stringify(page, null, 2))
    else
      for (const row of page.items) await terminal.line(json ? JSON.stringify(row) : listedRow(row, terminal))
    cursor = page.cursor
    if (cursor === undefined) return
    if (all) continue
    if (!json) terminal.note(`more: add --cursor ${cursor}, or --all`)
    return
  }
}
