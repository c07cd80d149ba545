import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { LocalEvent } from '../../lib/local/events.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { requestOutcomes } from './request-outcomes.ts'
import { Faults } from './faults.ts'
import { ChaosStack, LEASE_TTL_MS, TABLE, WORKERS, type Parts } from './chaos-stack.ts'
import { allItems, writeFacts } from './collect.ts'
import { checkRun } from './check-run.ts'
import { Load } from './load.ts'
import { Operator } from './operator.ts'
import type { Random } from './programs.ts'
import { StreamRecorder } from './recorder.ts'
import { reportOf, type ChaosReport } from './report.ts'
import { readLogs } from './worker-logs.ts'
import { Watch } from './watch.ts'

/**
 * Processes open at a time. DynamoDB Local on disk takes some hundred writes a second, on a busy machine a tenth of that.
 * Each running process renews its lease once a second, so more of them would leave no room for other requests.
 */
const OPEN = 24
/** Kills that are aimed at: with some to spare over what has to be reached. */
const KILLS_PER_SECOND = 3.7
/**
 * Looks without a process that ends, after which no other is waited for: four times what a lost wake-up waits to be sent
 * again. Looks are counted and not the clock: a machine that stands still for a minute does not use them up.
 */
const PATIENCE_LOOKS = 1_200
const LOOK_EVERY_MS = 100

export type ChaosOptions = {
  readonly seconds: number
  readonly seed: number
  /** Continues until so many workers were killed, as long as it comes to any. Default none. */
  readonly kills?: number
  /** And until so many woke up to find that another has what they held. Default none. */
  readonly overtakings?: number
  readonly say?: (line: string) => void
  /** How many of the slowest recoveries the report tells in full. Default none. */
  readonly slowest?: number
  /** Where to leave the history, a fact a line, for a look at what went wrong. */
  readonly keep?: string
}

/** A whole run: brings the stack up, lets chaos loose on it, lets it come to rest, and judges what is left. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-chaos-'))
  const watch = new Watch(() => readLogs(join(folder, 'workers.jsonl')))
  const onEvent = (event: LocalEvent): void => {
    watch.noticed(event)
    if (process.env['CHAOS_LOG'] !== undefined)
      process.stderr.write(`${Date.now()} ${JSON.stringify(event)}\n`)
  }
  try {
    const { chaosStack, parts } = await ChaosStack.open({ folder, onEvent })
    try {
      return await run(options, { chaosStack, parts, watch })
    } finally {
      await chaosStack.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Scene = { readonly chaosStack: ChaosStack; readonly parts: Parts; readonly watch: Watch }

async function run(options: ChaosOptions, { chaosStack, parts, watch }: Scene): Promise<ChaosReport> {
  const { seconds, seed, say = () => undefined } = options
  const { dynamo, sqs, proxy, stack, direct, client } = parts
  // Streams of chance of their own: what one part draws does not move the others.
  const [programs, kills, wire] = [1, 2, 3].map((part) => chanceOf(seed, part)) as [Random, Random, Random]
  const recorder = new StreamRecorder({
    dynamo: direct,
    endpoint: dynamo.endpoint,
    tableName: TABLE,
    onWrite: (write) => watch.wrote(write),
  })
  const load = new Load({ random: programs, client, stack, ended: watch.ended, open: OPEN })
  const faults = new Faults({
    random: kills,
    watch,
    dynamo,
    proxy,
    sqs,
    leaseTtlMs: LEASE_TTL_MS,
    seconds,
    killsPerSecond: KILLS_PER_SECOND,
    spare: WORKERS / 2,
    kills: options.kills ?? 0,
    overtakings: options.overtakings ?? 0,
  })
  const operator = new Operator(stack)
  await recorder.start()
  operator.start()
  const loading = load.run()
  chaosStack.outcome = requestOutcomes(wire)
  const beganAt = performance.now()
  try {
    await faults.run()
    load.stop()
    chaosStack.outcome = () => ({ do: 'pass' })
    const chaosMs = Math.round(performance.now() - beganAt)
    say(
      `chaos has ended after ${chaosMs} ms; ${load.asked.size} asked for, ${watch.open.size} open, ${watch.overtaken(faults.kills)} owners overtaken so far`,
    )
    await loading
    await drained(load, watch)
    await recorder.caughtUp()
    const drainMs = Math.round(performance.now() - beganAt) - chaosMs
    const logs = readLogs(parts.logs)
    const { writes } = recorder
    if (options.keep !== undefined)
      writeFacts(options.keep, {
        writes,
        logs,
        kills: faults.kills,
        asked: load.facts,
        losses: watch.losses,
        passes: watch.passes,
        'dynamo outages': dynamo.outages,
        'sqs outages': sqs.outages,
      })
    return reportOf({
      seed,
      seconds,
      leaseTtlMs: LEASE_TTL_MS,
      chaosMs,
      drainMs,
      loadAverage: loadavg()[0] ?? 0,
      load,
      writes,
      logs,
      kills: faults.kills,
      losses: watch.losses,
      redriven: operator.redriven,
      slowest: options.slowest ?? 0,
      waits: faults.waits,
      wire: proxy.counts,
      outages: { dynamo: dynamo.outages, sqs: sqs.outages },
      violations: checkRun({ writes, logs, end: await allItems(direct, TABLE), load }),
    })
  } finally {
    load.stop()
    await operator.stop()
    await recorder.stop()
  }
}

/** Until every request was accepted and every process has ended without pending notifications, or the patience has run out. */
async function drained(load: Load, watch: Watch): Promise<void> {
  const { open, ended } = watch
  const settled = load.settled().then(() => true)
  let endedBefore = ended.size
  for (let looks = 0; looks < PATIENCE_LOOKS; looks += 1) {
    const talking = !(await Promise.race([settled, pause(LOOK_EVERY_MS, false)]))
    if (!talking && load.open.length === 0 && open.size === 0) return
    if (!talking) await pause(LOOK_EVERY_MS)
    if (ended.size > endedBefore || watch.resting()) [looks, endedBefore] = [0, ended.size]
  }
}

function chanceOf(seed: number, part: number): Random {
  const chance = seededChance(seed * 7 + part)
  return () => chance.random()
}
