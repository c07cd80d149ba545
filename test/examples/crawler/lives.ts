import { crawlerWith } from '../../../examples/crawler/crawler.ts'
import { getPage } from '../../../examples/crawler/page.ts'
import { openSite } from '../../../examples/crawler/site.ts'
import type { Output } from '../../../lib/model/record.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, type Live } from '../lives.ts'

const lived =
  (given: { pagesMax?: number; concurrency?: number }): Live =>
  async (crash) => {
    const site = await openSite()
    let [open, busiest] = [0, 0]
    const crawler = crawlerWith((url, signal) => {
      open += 1
      busiest = Math.max(busiest, open)
      const page = getPage(url, signal).finally(() => (open -= 1))
      // A page that keeps its caller waiting is no reason for the clock to stand still: its step is to time out.
      void kit.outside(Promise.race([page.catch(() => undefined), site.held()]))
      return page
    })
    const kit = new TestKit({ definitions: [crawler] })
    try {
      if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
      await kit.start(crawler, { start: `${site.url}/`, ...given }, { id: 'c-1' })
      const life = await lifeOf(kit, 'c-1', () => ({
        pages: [...site.asked.keys()].toSorted(byText),
        withinBounds: busiest <= (given.concurrency ?? 3),
      }))
      // Pages are answered in the order that the network likes, and the port is another one each time.
      const output = JSON.parse(JSON.stringify(life.output).replaceAll(site.url, ''), sorted) as Output
      return { ...life, output, history: life.history.toSorted(byText) }
    } finally {
      await site.close()
    }
  }

function sorted(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => byText(a, b)))
    : value
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}

export const lives: { readonly [name: string]: Live } = {
  'three at a time': lived({}),
  'one at a time': lived({ concurrency: 1 }),
  'the first five': lived({ pagesMax: 5 }),
}
