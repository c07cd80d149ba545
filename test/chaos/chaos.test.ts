import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printed, type ChaosReport } from './report.ts'
import { runChaos } from './run.ts'

/** As long as a run in CI takes. Less, while one works on it. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 60)
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Two hundred in a minute. */
const KILLS = Math.floor((200 * SECONDS) / 60)
/** Ten in a minute, and one at least. */
const OVERTAKINGS = Math.max(1, Math.floor(SECONDS / 6))
/**
 * The run itself ends when it has come to what is asked of it, or to nothing for a long time: a limit that only a hang
 * reaches. A machine on which thirty programs want two cores takes twice as long as a quiet one.
 */
const LONGEST_MS = 900_000
const CHILDREN = `/proc/${process.pid}/task/${process.pid}/children`

let report: ChaosReport
let before = ''
beforeAll(async () => {
  process.stdout.write(`chaos: seed ${SEED}, ${SECONDS} s\n`)
  before = childrenNow()
  report = await runChaos({ seconds: SECONDS, seed: SEED, kills: KILLS, overtakings: OVERTAKINGS })
}, LONGEST_MS)
afterAll(() => void process.stdout.write(`${printed(report)}\n`))

function childrenNow(): string {
  return existsSync(CHILDREN) ? readFileSync(CHILDREN, 'utf8') : ''
}

test(`no promise is broken, whatever is killed, stopped, cut or restarted (SEED=${SEED})`, () => {
  expect(report.violations).toEqual([])
})

test('every process that was started has ended', () => {
  expect(report.processes.open).toEqual([])
  expect(report.processes.started).toBeGreaterThan(0)
})

test('workers die often enough for that to mean something, and what they held is taken over', () => {
  expect(report.kills).toBeGreaterThanOrEqual(KILLS)
  expect(report.recovery.count).toBeGreaterThan(0)
})

test('workers that slept past their leases wake up overtaken, and log what they lost', () => {
  const { count, noticed, refused } = report.overtaken
  expect(count).toBeGreaterThanOrEqual(OVERTAKINGS)
  expect(noticed + refused).toBeGreaterThan(0)
})

test('each kind of trouble befell the run', () => {
  const { pass: _, ...troubles } = report.wire
  for (const [outcome, times] of Object.entries(troubles)) expect(times, outcome).toBeGreaterThan(0)
  expect([report.pauses, report.dynamoRestarts, report.sqsRestarts].every((times) => times > 0)).toBe(true)
})

test('no process is left behind', async () => {
  // One that was told to end may take a moment for it on a busy machine; one that is left behind stays.
  await expect.poll(childrenNow, { timeout: 10_000 }).toBe(before)
})
