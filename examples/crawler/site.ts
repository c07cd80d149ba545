import { EventEmitter, once } from 'node:events'
import { serve, type Served } from '../serve.ts'

/** Pages by path, with what they link to. `/news` and `/about` link to each other, and one link leads away. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  '/': ['/about', '/news', '/shop', 'https://elsewhere.example/'],
  '/about': ['/', '/news', '/team'],
  '/news': ['/about', '/news/slow', '/news/gone'],
  '/shop': ['/shop/1', '/shop/2', '/shop/broken'],
  '/team': ['/'],
  '/news/slow': ['/news'],
  '/shop/1': ['/shop'],
  '/shop/2': ['/shop', '/shop/1'],
}

export type Site = Served & {
  /** How often each page was asked for. */
  readonly asked: Map<string, number>
  /** Settles when the slow page is asked for and keeps its caller waiting. */
  held(): Promise<unknown>
}

/** A small site: `/news/slow` never answers the first time, `/shop/broken` is always down, `/news/gone` is not there. */
export async function openSite(): Promise<Site> {
  const asked = new Map<string, number>()
  // A request for a page may wait until the page is held.
  const events = new EventEmitter().setMaxListeners(0)
  const served = await serve((request, response) => {
    const path = request.url ?? '/'
    const times = (asked.get(path) ?? 0) + 1
    asked.set(path, times)
    if (path === '/news/slow' && times === 1) {
      events.emit('held')
      return
    }
    const links = PAGES[path]
    if (path === '/shop/broken') response.writeHead(500).end()
    else if (links === undefined) response.writeHead(404).end()
    else response.end(htmlOf(path, links))
  })
  return { ...served, asked, held: () => once(events, 'held') }
}

function htmlOf(path: string, links: readonly string[]): string {
  const list = links.map((link) => `<li><a href="${link}">${link}</a></li>`).join('')
  return `<!doctype html><title>Page ${path}</title><ul>${list}</ul>`
}
