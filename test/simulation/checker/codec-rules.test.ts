import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import { textBehind } from './payloads.ts'
import { broken, soundCallback, soundFacts, type Facts } from './sample.ts'

const INVARIANT = 'values are stored as the codec wrote them'
const CODED: Expectations = { processes: new Map(), coded: true }

/** As the codec of a world codes a text, with 7 as its number. */
function coded(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => byte ^ 7 ^ 0x5a)
  return Buffer.from([0xc5, 7, ...bytes]).toString('base64')
}

/** The sound history, with each value in it coded. */
function codedFacts(): Facts {
  const text = JSON.stringify(soundCallback())
  const swap = (from: unknown[], to: unknown[]): [string, string] => [quoted(from), quoted(to)]
  const swaps = [
    swap(['e', 1, 0, 'b', 'ask', 1, 'secret'], ['e', 1, 0, 'b', 'ask', 2, `c:${coded('"secret"')}`, 8]),
    swap(['e', 2, 1, 's', 'ask?', 1, 'given'], ['e', 2, 1, 's', 'ask?', 2, `c:${coded('"given"')}`, 7]),
    swap(['r', 50, 0, 1, 'yes'], ['r', 50, 0, 2, `c:${coded('"yes"')}`, 5]),
    swap(['e', 61, 2, 'y', 'ask', 1, 'yes'], ['e', 61, 2, 'y', 'ask', 2, `c:${coded('"yes"')}`, 5]),
  ]
  const swapped = swaps.reduce((facts, [from, to]) => facts.replaceAll(from, to), text)
  return JSON.parse(
    swapped.replaceAll(
      JSON.stringify({ o: 'success', v: '"yes"' }),
      JSON.stringify({ o: 'success', v: { r: `c:${coded('"yes"')}` } }),
    ),
  ) as Fact[]
}

/** An entry as it stands in the text of a fact. */
function quoted(entry: unknown[]): string {
  return JSON.stringify(JSON.stringify(entry))
}

test('a history whose values are coded breaks nothing', () => {
  expect(broken(codedFacts(), CODED)).toEqual([])
})

test('a history whose values are not coded breaks a rule only in a world with a codec', () => {
  expect(broken(soundCallback())).toEqual([])
  expect(broken(soundCallback(), CODED)).toContain(INVARIANT)
  // Its values are those of steps and of a signal.
  expect(broken(soundFacts(), CODED)).toContain(INVARIANT)
})

test('an item of its own holds no value as it is', () => {
  const item = { at: 63, kind: 'write', by: 'w2', pk: 'P#q', sk: 'BLOB#v', before: undefined } as const
  const put = (after: object): Facts => [
    ...codedFacts(),
    { ...item, after: { pk: 'P#q', sk: 'BLOB#v', ...after } },
  ]
  expect(broken(put({ j: '"plain"' }), CODED)).toEqual([INVARIANT])
  expect(broken(put({ e: coded('"coded"') }), CODED)).toEqual([])
})

test('a value is read wherever it stands', () => {
  const items = new Map<string, { readonly [attribute: string]: string }>([
    ['P#q/BLOB#plain', { j: '"a"' }],
    ['P#q/BLOB#coded', { e: coded('"b"') }],
    ['BUCKET/q/x:large', { e: Buffer.from('"c"').toString('base64') }],
    ['BUCKET/q/y:large', { e: coded('"d"') }],
  ])
  const refs = ['plain', 'coded', 'x:large', 'y:large', `c:${coded('"e"')}`, 'nowhere']
  expect(refs.map((ref) => textBehind('q', ref, items))).toEqual([
    '"a"',
    '"b"',
    '"c"',
    '"d"',
    '"e"',
    undefined,
  ])
})
