import type { ComponentChildren } from 'preact'
import { filterQuery, type ListFilter } from '../model/filter.ts'
import { go } from '../router.ts'

/** The id of the heading over the list. */
const LIST_HEADING = 's-all-processes'

/** Leads to the list with a filter: the same page, so the reader is moved to where it changes. */
export function ListLink({
  filter,
  label,
  children,
}: {
  readonly filter: ListFilter
  readonly label?: string
  readonly children: ComponentChildren
}) {
  const href = `/${filterQuery(filter)}`
  const follow = (event: MouseEvent): void => {
    const list = document.getElementById(LIST_HEADING)
    if (list === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(href)
    list.scrollIntoView()
    list.focus({ preventScroll: true })
  }
  return (
    <a href={href} onClick={follow} aria-label={label}>
      {children}
    </a>
  )
}
