import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBothStores, type BothStores } from './differential/both-stores.ts'
import { agree, firstDifference, prepared } from './differential/compare.ts'
import { flawedRequests } from './differential/flaws.ts'

/** The first sequence's; each further one has the next. `SEED=…` replays. */
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** By hand: `SEQUENCES=50000 SEQUENCES_MS=160000` compares as many as it can in that time. */
const SEQUENCES = Number(process.env['SEQUENCES'] ?? 100)
/** A busy machine compares fewer in CI. */
const TIME_MS = Number(process.env['SEQUENCES_MS'] ?? 25_000)
/** What even the busiest machine has time for. */
const SEQUENCES_MIN = 10

describe(`the embedded store answers as DynamoDB Local does (SEED=${SEED})`, () => {
  const agreed = new Set<string>()
  let pair: BothStores
  let partitionKeys: readonly string[]
  beforeAll(async () => {
    pair = await openBothStores()
    partitionKeys = await prepared(pair)
  })
  afterAll(() => pair.close())

  test('a request with one flaw is refused by the same words', async () => {
    const differing: unknown[] = []
    for (const asked of flawedRequests()) {
      const [embedded, local] = await Promise.all([pair.embedded.ask(asked), pair.local.ask(asked)])
      if (!agree(asked, embedded, local, agreed)) differing.push({ asked, embedded, local })
    }
    expect(differing).toEqual([])
    expect(agreed.size).toBeGreaterThan(130)
  })

  test(
    'random sequences of requests get the same answers',
    async () => {
      const endsAt = performance.now() + TIME_MS
      const differing: unknown[] = []
      let compared = 0
      while (compared < SEQUENCES && (compared < SEQUENCES_MIN || performance.now() < endsAt)) {
        const seed = SEED + compared
        const difference = await firstDifference(pair, seed, partitionKeys, agreed)
        if (difference !== undefined) differing.push({ replay: `SEED=${seed} SEQUENCES=1`, ...difference })
        compared += 1
      }
      process.stdout.write(`compared ${compared} sequences from SEED=${SEED}\n`)
      expect(differing).toEqual([])
      expect(compared).toBeGreaterThanOrEqual(Math.min(SEQUENCES, SEQUENCES_MIN))
    },
    TIME_MS * 2 + 60_000,
  )
})
