import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'
import { StepFailed } from '../../lib/model/errors.ts'
import { getPage, type GetPage } from './page.ts'

/**
 * Crawls a site from one page, level by level, each page once. A page is a step, so a crash costs the pages that were
 * being fetched and no other; at most `concurrency` of them are. A page that stays broken is reported, and stops nothing.
 *
 * A step and not a child for a page: it needs no life of its own, and a step costs a share of one write, where a child
 * costs several. Children are for parts that take long, are waited for elsewhere, or must be cancelled one by one.
 */
export function crawlerWith(get: GetPage) {
  return defineProcess({
    kind: 'crawler',
    input: v.object({
      start: v.string(),
      concurrency: v.optional(v.number(), 3),
      pagesMax: v.optional(v.number(), 100),
      pageTimeoutMs: v.optional(v.number(), 5_000),
    }),
    output: v.object({
      titles: v.record(v.string(), v.string()),
      broken: v.record(v.string(), v.string()),
      /** Pages that are linked to and were not fetched, since there are more than `pagesMax`. */
      left: v.number(),
    }),
    async run(context, { start, concurrency, pagesMax, pageTimeoutMs }) {
      const titles: Record<string, string> = {}
      const broken: Record<string, string> = {}
      const fetchPage = async (url: string): Promise<readonly string[]> => {
        try {
          const page = await context.step(
            `get ${new URL(url).pathname}`,
            async ({ abortSignal }) => {
              const { title, links } = await get(url, abortSignal)
              return { title, links: [...links] }
            },
            { timeout: { ms: pageTimeoutMs }, retry: { maxAttempts: 3, initialDelay: { seconds: 1 } } },
          )
          titles[url] = page.title
          return page.links
        } catch (error) {
          if (!(error instanceof StepFailed)) throw error
          broken[url] = error.error.message
          return []
        }
      }

      const seen = new Set([start])
      const left = new Set<string>()
      for (let level = [start]; level.length > 0;) {
        const links = (await context.map(level, fetchPage, { concurrency })).flat()
        const fresh = [...new Set(links)].filter((url) => !seen.has(url))
        level = fresh.slice(0, Math.max(0, pagesMax - seen.size))
        for (const url of level) seen.add(url)
        for (const url of fresh.slice(level.length)) left.add(url)
        await context.emit('level', { pages: seen.size, broken: Object.keys(broken).length })
      }
      return { titles, broken, left: left.size }
    },
  })
}

export const crawler = crawlerWith(getPage)
