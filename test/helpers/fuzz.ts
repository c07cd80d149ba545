import * as fc from 'fast-check'
import type { Json } from '../../lib/model/json.ts'

/** Every run has a seed of its own, which each test's title prints. `SEED=…` replays one. */
export const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** How much longer than in CI each property is tried: `FUZZ_TIMES=20` takes twenty times the cases and the time. */
const TIMES = Number(process.env['FUZZ_TIMES'] ?? 1)
/** All properties together take a minute of CI: a busy machine tries fewer cases, and one at the least. */
const CI_MS = 2_000
/** Below what a test may take: above that it would be taken for one that hangs. */
const MOST_MS = 100_000

/**
 * Holds for `runs` drawn cases, as far as the time allows; a failing one is shrunk, and shown with its seed and path.
 * A seed gives the same cases in the same order, however many of them there is time for.
 */
export function holds<Ts>(property: fc.IAsyncPropertyWithHooks<Ts>, runs: number): Promise<void> {
  const endsAt = performance.now() + Math.min(MOST_MS, CI_MS * TIMES)
  const run = property.run.bind(property)
  let tried = 0
  // The time limit of the tool itself fails where a machine is too busy for the first case.
  property.run = async (value) => {
    if (tried > 0 && performance.now() > endsAt) return null
    tried += 1
    return run(value)
  }
  return fc.assert(property, { seed: SEED, numRuns: Math.ceil(runs * TIMES) })
}

/** Names that an object has without anyone having set them. */
export const INHERITED = ['__proto__', 'constructor', 'toString', 'prototype', 'hasOwnProperty'] as const

/** Text of every sort: halves of characters, NUL, both normal forms, right to left, joiners, and long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    ...INHERITED,
    '',
    '\0',
    '\ud800',
    '\udfff x',
    'e\u0301',
    '\u00e9',
    '\u202eabc',
    '\ufeff',
    '👩‍👩‍👧',
    '${jndi:ldap://x}',
    "' OR 1=1",
    '../../etc/passwd',
    '%00',
    'P#other',
  ),
  fc.integer({ min: 1, max: 3_000 }).map((length) => 'é'.repeat(length)),
)

/** Text that UTF-8 can keep. */
export const wholeText = anyText.filter((text) => text.isWellFormed())

/** Numbers at the edges of what JSON, JavaScript and DynamoDB can say. */
export const edgeNumber = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.1,
  1e308,
  -1e308,
  5e-324,
  1e126,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53) - 2,
  8.64e15 + 1,
)

function jsonOf(text: fc.Arbitrary<string>): fc.Arbitrary<Json> {
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        edgeNumber,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        text,
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(fc.constantFrom<string>(...INHERITED), text), tie('value')), {
          maxLength: 4,
        })
        // Own properties, also where the name is one that every object inherits.
        .map((entries) => Object.fromEntries(entries)),
    ),
  }))
  return value
}

/** Any value that JSON can carry, halves of characters among it. */
export const anyJson = jsonOf(anyText)
/** Any value that the library promises to keep. */
export const keptJson = jsonOf(wholeText)

/** `[[[…]]]` as text, since what is nested so deep can be made by no recursive function. */
export function nestedText(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels)
}

/** Throws where a fuzzed value has got into what all objects share. */
export function expectUnpolluted(): void {
  const added = Object.keys(Object.prototype)
  if (added.length > 0 || Object.getPrototypeOf(Object.prototype) !== null)
    throw new Error(`Object.prototype was changed: ${added.join(', ')}`)
}
