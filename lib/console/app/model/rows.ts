// Which rows of a long list are drawn.

export type RowWindow = { readonly first: number; readonly last: number }

/** Rows beyond each edge, so that a scroll shows no gap. */
const SPARE = 12

/** Indexes of the rows to draw, `last` excluded. */
export function rowWindow(
  total: number,
  rowHeight: number,
  view: { readonly scrollTop: number; readonly height: number },
): RowWindow {
  const first = Math.max(0, Math.floor(view.scrollTop / rowHeight) - SPARE)
  const last = Math.min(total, Math.ceil((view.scrollTop + view.height) / rowHeight) + SPARE)
  return { first: Math.min(first, Math.max(0, total - 1)), last: Math.max(last, 0) }
}

/** The pages of a log, by the number before their first entry, that hold entries `first` to `last` (from 1). */
export function pagesFor(first: number, last: number, pageRows: number): readonly number[] {
  const pages: number[] = []
  for (let after = Math.floor((first - 1) / pageRows) * pageRows; after < last; after += pageRows)
    pages.push(Math.max(0, after))
  return pages
}
