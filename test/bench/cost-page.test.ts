import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ALARMS, readPage, USED, withTables, type Used } from '../../bench/cost-page.ts'
import { PRICED } from '../../bench/list-prices.ts'
import { NOTHING } from '../../bench/meter.ts'
import { measure } from '../../bench/scenarios.ts'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'

let sqs: LocalServer
beforeAll(async () => {
  sqs = await startSqs({ region: 'us-east-1' })
})
afterAll(() => sqs.stop())

test('the tables of docs/cost.md are what is counted now, times the list prices', async () => {
  const counts: Partial<Record<keyof Used, unknown>> = {}
  for (const name of USED) {
    const emulators = { dynamoEndpoint: inject('dynamoEndpoint'), sqsEndpoint: sqs.endpoint }
    counts[name] = (await measure(name, emulators)).counts
  }
  const page = readPage()
  expect(withTables(page, counts as Used), '`npm run bench:cost -- --docs` writes them anew').toBe(page)
})

test('a price that changes changes the page, and a page without a place is refused', () => {
  const counts = Object.fromEntries(
    USED.map((name) => [name, { ...NOTHING, writeUnits: 1_000 }]),
  ) as unknown as Used
  expect(withTables(readPage(), counts)).toContain(
    '| a recovery from a dead worker | 1000 | 0 | 0 | 625.00 |',
  )
  expect(() => withTables('# Nothing', counts)).toThrow('has no place for the table per-million')
})

test('the page names the Region and the day of its prices, and the alarms that are made', () => {
  const [year, , day] = PRICED.date.split('-')
  expect(readPage()).toContain(`${PRICED.region} on ${Number(day)} November ${year}`)
  expect(readPage()).toContain(`| ${ALARMS.alarms} alarms over ${ALARMS.metrics} metrics |`)
})
