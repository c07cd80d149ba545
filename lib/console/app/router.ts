import { computed, signal } from '@preact/signals'
import { screenOf } from './model/route.ts'
import { revealed } from './state.ts'

// Which screen the address names.

const address = signal({ path: location.pathname, search: location.search })
export const query = computed(() => new URLSearchParams(address.value.search))
export const path = computed(() => address.value.path)
export const screen = computed(() => screenOf(address.value.path, query.value))
/** How often a person has gone to another path: the first screen of a visit takes no focus. */
export const moves = signal(0)

export function go(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  read()
}

/** Follows links within the page and the browser's own back and forward. */
export function followAddress(): void {
  addEventListener('popstate', read)
  document.addEventListener('click', (event) => {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
    if (event.defaultPrevented || event.button !== 0 || modified) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hash !== '') return
    if (link.hasAttribute('download')) return
    event.preventDefault()
    go(link.href)
  })
}

function read(): void {
  const { pathname, search } = location
  if (pathname !== address.value.path) {
    moves.value += 1
    revealed.value = false
    scrollTo(0, 0)
  }
  address.value = { path: pathname, search }
}
