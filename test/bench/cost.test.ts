import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Counts } from '../../bench/meter.ts'
import { measure, overBudget, SCENARIOS, type Measured, type ScenarioName } from '../../bench/scenarios.ts'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'

let sqs: LocalServer
beforeAll(async () => {
  sqs = await startSqs({ region: 'us-east-1' })
})
afterAll(() => sqs.stop())

function measured(name: ScenarioName): Promise<Measured> {
  return measure(name, { dynamoEndpoint: inject('dynamoEndpoint'), sqsEndpoint: sqs.endpoint })
}

const names = Object.keys(SCENARIOS) as ScenarioName[]

/** Writes of a scenario that are refused by their condition: the emulator reports nothing for those. */
// A child tells its parent that it ended as if that was parked; here the parent is still on its way to park.
const REFUSED: Partial<Record<ScenarioName, number>> = { redelivered: 1, child: 1 }

describe('costs no more than its budget:', () => {
  test.each(names)('%s', async (name) => {
    const { counts, comparisons } = await measured(name)
    expect(overBudget(counts, SCENARIOS[name].budget), JSON.stringify(counts)).toEqual([])
    // Where the emulator counts as the rules say, it has to say the same. It reports 0 for a query that found nothing.
    const writes = comparisons.filter((each) => /^(Put|Update)/.test(each.command))
    for (const write of writes) expect(write).toMatchObject({ reported: write.computed })
    expect(writes.length).toBe(counts.writeRequests - counts.transactions - (REFUSED[name] ?? 0))
  })
})

// Said here a second time, so that loosening a budget takes two changes.
test('the budgets are those that were promised', () => {
  const nothing: Counts = {
    writeRequests: 0,
    transactions: 0,
    readRequests: 0,
    writeUnits: 0,
    readUnits: 0,
    sqsRequests: 0,
  }
  expect(SCENARIOS['three-steps'].budget).toEqual({
    ...nothing,
    writeRequests: 4,
    writeUnits: 9,
    sqsRequests: 2,
  })
  expect(SCENARIOS['ten-in-a-batch'].budget).toEqual({
    ...nothing,
    writeRequests: 40,
    writeUnits: 90,
    sqsRequests: 2,
  })
  expect(SCENARIOS.renewal.budget).toEqual({ ...nothing, writeRequests: 1, writeUnits: 1 })
  expect(SCENARIOS['sweep-idle'].budget).toMatchObject({ writeRequests: 0, writeUnits: 0, transactions: 0 })
  // k + 1 writes for k steps, and a page for fewer than one step in five.
  expect(SCENARIOS['steps-200'].budget).toMatchObject({
    writeRequests: 241,
    transactions: 0,
    readRequests: 0,
  })
  expect(SCENARIOS['fan-out-1000'].budget).toMatchObject({
    writeRequests: 100,
    transactions: 0,
    readRequests: 0,
  })
  expect(SCENARIOS.signal.budget).toMatchObject({ writeRequests: 3, readRequests: 0, sqsRequests: 3 })
  expect(SCENARIOS['parked-10000'].budget).toMatchObject({ writeRequests: 0, writeUnits: 0, transactions: 0 })
})

test('a count above its budget is named', () => {
  const { budget } = SCENARIOS['three-steps']
  expect(overBudget({ ...budget, writeRequests: 5, readUnits: 0.5 }, budget)).toEqual([
    'writeRequests',
    'readUnits',
  ])
  expect(overBudget({ ...budget, writeUnits: 8 }, budget)).toEqual([])
})

test('a pass of the sweep over rows none of which is due reads the due index only', async () => {
  const { commands } = await measured('sweep-idle')
  expect([...new Set(commands)].sort()).toEqual(['GetQueueAttributesCommand', 'QueryCommand'])
})

test('with --json the figures are all that is printed, and the exit code says whether they fit', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '../../bench/cost.ts'), '--json'],
    {
      env: { ...process.env, LEASEHOLD_DYNAMODB_ENDPOINT: inject('dynamoEndpoint') },
    },
  )
  const printed = JSON.parse(stdout) as Record<string, Record<string, number>>
  expect(Object.keys(printed)).toEqual(names)
  for (const figures of Object.values(printed)) {
    expect(Object.keys(figures)).toEqual([
      'writeRequests',
      'transactions',
      'readRequests',
      'writeUnits',
      'readUnits',
      'sqsRequests',
    ])
    expect(Object.values(figures).every((figure) => Number.isFinite(figure) && figure >= 0)).toBe(true)
  }
})
