import { expect, test } from 'vitest'
import { committedHistory } from '../lives.ts'
import { lives } from './lives.ts'

const BROKEN = { '/news/gone': 'the site answered 404', '/shop/broken': 'the site answered 500' }
const PAGES = ['/', '/about', '/news', '/news/slow', '/shop', '/shop/1', '/shop/2', '/team']

test.each(['three at a time', 'one at a time'])(
  '%s: finds every page, and reports links that lead to no page',
  async (name) => {
    const { output, world } = await lives[name]!()
    const titles = Object.fromEntries(PAGES.map((path) => [path, `Page ${path}`]))
    expect(output).toEqual({ outcome: 'success', value: { titles, broken: BROKEN, left: 0 } })
    expect(world).toEqual({ pages: [...PAGES, ...Object.keys(BROKEN)].toSorted(), withinBounds: true })
  },
)

test('a crawl of at most five pages fetches five, and says that more are linked', async () => {
  const { output, world } = await lives['the first five']!()
  expect(output).toMatchObject({ value: { left: 5 } })
  expect(world).toMatchObject({ pages: { length: 5 } })
})

test.each(Object.keys(lives))('the history of a crawl of %s is the committed one', async (name) => {
  expect((await lives[name]!()).history).toEqual(committedHistory('crawler')[name])
})
