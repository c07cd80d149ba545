import { NonRetryable } from '../../lib/model/errors.ts'

export type Page = { readonly title: string; readonly links: readonly string[] }

/** Fetches one page. */
export type GetPage = (url: string, signal: AbortSignal) => Promise<Page>

/**
 * Answers a page's title and the pages of its own site that it links to. Throws `NonRetryable` where the site says that
 * there is no such page: asking again would only be rude.
 */
export const getPage: GetPage = async (url, signal) => {
  const reply = await fetch(url, { signal })
  const html = await reply.text()
  if (reply.status >= 500) throw new Error(`the site answered ${reply.status}`)
  if (!reply.ok) throw new NonRetryable(`the site answered ${reply.status}`)
  const title = /<title>([^<]*)<\/title>/u.exec(html)?.[1] ?? ''
  const { origin } = new URL(url)
  const links = [...html.matchAll(/<a href="([^"#]+)/gu)]
    .map(([, href = '']) => new URL(href, url))
    .filter((link) => link.origin === origin)
    .map(({ href }) => href)
  return { title, links: [...new Set(links)] }
}
