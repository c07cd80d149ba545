import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvariantBroken } from '../../lib/model/errors.ts'
import { utf8Bytes } from '../../lib/model/json.ts'
import { chainOf, cutText, joinLog, numberTail, type Entry, type LogPage } from '../../lib/model/log.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const entry = (n: number): Entry => ({ type: 'end', at: n, status: `${n}` })
const entries = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => entry(first + index))
const page = (first: number, last: number, fence = 1, before?: LogPage['before']): LogPage => ({
  first,
  last,
  fence,
  entries: entries(first, last),
  ...(before === undefined ? {} : { before }),
})

describe('a log', () => {
  test('the numbers of a tail follow from its length [C24]', () => {
    expect(numberTail({ seq: 9, tail: entries(8, 9) })).toEqual([
      { ...entry(8), seq: 8 },
      { ...entry(9), seq: 9 },
    ])
    expect(numberTail({ seq: 9, tail: [] })).toEqual([])
  })

  test('is joined from its pages and its tail, from 1 without gaps [C24]', () => {
    const log = joinLog([page(1, 3), page(4, 4)], { seq: 6, tail: entries(5, 6) })
    expect(log).toEqual(entries(1, 6).map((each, index) => ({ ...each, seq: index + 1 })))
    expect(joinLog([], { seq: 0, tail: [] })).toEqual([])
  })

  test('with a gap, a repetition or a wrong count is a bug [C24]', () => {
    const tail = { seq: 6, tail: entries(5, 6) }
    expect(() => joinLog([page(1, 3)], tail)).toThrow(InvariantBroken)
    expect(() => joinLog([page(1, 5)], tail)).toThrow(InvariantBroken)
    expect(() => joinLog([page(2, 4)], tail)).toThrow(InvariantBroken)
    expect(() => joinLog([page(1, 3)], { seq: 4, tail: [] })).toThrow(InvariantBroken)
  })

  test('its chain leaves out the pages of owners that were fenced off [C17]', () => {
    const first = page(1, 3)
    const mine = page(4, 6, 2, { first: 1, last: 3, fence: 1 })
    const pages = [page(4, 6, 1, { first: 1, last: 3, fence: 1 }), mine, page(4, 5, 2), first]
    expect(chainOf(pages, { first: 4, last: 6, fence: 2 })).toEqual([first, mine])
    expect(chainOf(pages, undefined)).toEqual([])
  })

  test('its chain is undefined when a link is missing', () => {
    expect(
      chainOf([page(4, 6, 2, { first: 1, last: 3, fence: 1 })], { first: 4, last: 6, fence: 2 }),
    ).toBeUndefined()
    expect(chainOf([], { first: 1, last: 1, fence: 1 })).toBeUndefined()
  })

  test('a chain that does not run backwards is a bug, not an endless loop', () => {
    const self = page(4, 6, 2, { first: 4, last: 6, fence: 2 })
    expect(() => chainOf([self], { first: 4, last: 6, fence: 2 })).toThrow(InvariantBroken)
  })

  test(`however it is cut into pages and tail, it joins to the same (SEED=${SEED}) [C24]`, () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 })
    fc.assert(
      fc.property(cuts, fc.nat(5), (sizes, tailSize) => {
        const pages: LogPage[] = []
        let first = 1
        let before: LogPage['before']
        for (const size of sizes) {
          pages.push(page(first, first + size - 1, 1, before))
          before = { first, last: first + size - 1, fence: 1 }
          first += size
        }
        const row = { seq: first - 1 + tailSize, tail: entries(first, first + tailSize - 1) }
        const chain = chainOf(pages.toReversed(), before)
        expect(joinLog(chain!, row).map(({ at }) => at)).toEqual(entries(1, row.seq).map(({ at }) => at))
      }),
      { seed: SEED },
    )
  })
})

describe('text that is cut', () => {
  test('keeps what fits, and marks what was cut', () => {
    expect(cutText('abc', 3)).toBe('abc')
    expect(cutText('abcdef', 5)).toBe('ab…')
  })

  test(`never grows over its limit, and never breaks a character (SEED=${SEED})`, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, max) => {
        const cut = cutText(text, max)
        expect(utf8Bytes(cut)).toBeLessThanOrEqual(max)
        expect(cut === text || text.startsWith(cut.slice(0, -1))).toBe(true)
        // Half a character shows as this one, which a text may have of itself.
        if (!text.includes('\uFFFD')) expect(cut).not.toContain('\uFFFD')
      }),
      { seed: SEED, numRuns: 500 },
    )
  })
})
