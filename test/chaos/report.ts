import type { Violation } from '../simulation/history.ts'
import type { KillOrPause } from './kills.ts'
import type { Outage } from './emulator.ts'
import type { Waits } from './faults.ts'
import type { Load } from './load.ts'
import type { RequestOutcomeName } from './proxy.ts'
import { mayAtOf, quantile, recoveriesOf, undisturbed, type Overtaking, type Recovery } from './recovery.ts'
import type { Write } from './recorder.ts'
import { meanOf, retold, storiesOf, type Phases, type Story } from './stories.ts'
import type { WorkerLog } from './worker-logs.ts'
import type { Loss } from './watch.ts'

/** What a run says that was not told by the table: its own clock told it first. */
const BY_ITS_CLOCK = 'it ran out before it was renewed'

export type ChaosReport = {
  readonly seed: number
  readonly seconds: number
  readonly chaosMs: number
  readonly drainMs: number
  readonly kills: number
  /** Tries to kill that were put off: what a busy machine waits for. */
  readonly waits: Waits
  readonly pauses: number
  readonly wire: Readonly<Record<RequestOutcomeName, number>>
  readonly dynamoRestarts: number
  readonly sqsRestarts: number
  /** When they were away. */
  readonly outages: { readonly dynamo: readonly Outage[]; readonly sqs: readonly Outage[] }
  readonly workerProcesses: number
  readonly processes: {
    readonly started: number
    /** With children. */
    readonly ended: number
    readonly open: readonly string[]
    readonly cancelAsked: number
  }
  /** Messages that went to the dead-letter queue and were put back. */
  readonly redriven: number
  readonly writes: number
  readonly bodies: number
  readonly signals: number
  /** Owners that slept past their lease, were overtaken, and woke up. */
  readonly overtaken: {
    readonly count: number
    /** Of those, the runs that said that they lost their lease: by their own clock, or because the table refused a write. */
    readonly noticed: number
    readonly refused: number
  }
  /** After a kill, until another claims the process. */
  readonly recovery: {
    readonly count: number
    readonly p50Ms: number | undefined
    readonly p99Ms: number | undefined
    readonly p50Ttl: number | undefined
    readonly p99Ttl: number | undefined
    readonly maxTtl: number | undefined
    /** Of processes that stalled before, and so rest for longer than the lease. */
    readonly rested: number
    /** What of it came once another might have claimed: the sweep, the wake-up, a worker that is free. */
    readonly afterDue: Late
    /** While neither emulator was away, of processes that had not stalled. */
    readonly undisturbed: {
      readonly count: number
      readonly p50Ttl: number | undefined
      readonly p99Ttl: number | undefined
      readonly afterDue: Late
      /** What that is made of, in the mean. */
      readonly phases: Phases | undefined
      /** Recoveries whose first wake-up failed: its receiver was killed before it claimed. */
      readonly wokenAgain: number
    }
    /** Those that took longest once another might have claimed. */
    readonly slowest: readonly Story[]
  }
  /** Programs that wanted a core in the last minute of it: what a recovery waits for on a busy machine. */
  readonly loadAverage: number
  readonly violations: readonly Violation[]
}

type Late = { readonly p50Ms: number | undefined; readonly p99Ms: number | undefined }

export type RunFacts = {
  readonly seed: number
  readonly seconds: number
  readonly leaseTtlMs: number
  readonly chaosMs: number
  readonly drainMs: number
  readonly load: Load
  readonly writes: readonly Write[]
  readonly logs: readonly WorkerLog[]
  readonly kills: readonly KillOrPause[]
  readonly losses: readonly Loss[]
  readonly redriven: number
  readonly waits: Waits
  /** So many of the slowest recoveries are told in full. */
  readonly slowest: number
  readonly loadAverage: number
  readonly wire: Readonly<Record<RequestOutcomeName, number>>
  readonly outages: { readonly dynamo: readonly Outage[]; readonly sqs: readonly Outage[] }
  readonly violations: readonly Violation[]
}

export function reportOf(run: RunFacts): ChaosReport {
  const { seed, seconds, chaosMs, drainMs, load, writes, logs, kills, wire, outages } = run
  const { recoveries, overtakings } = recoveriesOf(run)
  const ended = new Set(
    writes.flatMap(({ pk, sk, after }) =>
      sk === 'PROCESS' && after?.['ea'] !== undefined ? [pk.slice(2)] : [],
    ),
  )
  const factsOf = (kind: string) => load.facts.filter((fact) => fact.kind === kind).length
  return {
    seed,
    seconds,
    chaosMs,
    drainMs,
    kills: kills.filter(({ kind }) => kind === 'kill').length,
    waits: { ...run.waits },
    pauses: kills.filter(({ kind }) => kind === 'pause').length,
    wire: { ...wire },
    dynamoRestarts: outages.dynamo.length,
    sqsRestarts: outages.sqs.length,
    outages: { dynamo: [...outages.dynamo], sqs: [...outages.sqs] },
    workerProcesses: logs.filter(({ kind }) => kind === 'started').length,
    processes: {
      started: factsOf('started'),
      ended: ended.size,
      open: load.open,
      cancelAsked: factsOf('cancel-asked'),
    },
    redriven: run.redriven,
    writes: writes.length,
    bodies: logs.filter(({ kind }) => kind === 'body').length,
    signals: factsOf('signalled'),
    overtaken: overtakenOf(overtakings),
    recovery: recoveryOf(run, recoveries),
    loadAverage: run.loadAverage,
    violations: run.violations,
  }
}

function recoveryOf(run: RunFacts, recoveries: readonly Recovery[]): ChaosReport['recovery'] {
  const took = recoveries.map(tookMs)
  const inTtls = (ms: number | undefined) =>
    ms === undefined ? undefined : Math.round((ms / run.leaseTtlMs) * 100) / 100
  const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => quantile(took, share))
  const calm = undisturbed(recoveries, [...run.outages.dynamo, ...run.outages.sqs])
  const stories = (of: readonly Recovery[]) => storiesOf(of, run).filter((story) => story !== undefined)
  const calmStories = stories(calm)
  const slowest = recoveries.toSorted((a, b) => lateMs(b) - lateMs(a)).slice(0, run.slowest)
  return {
    count: recoveries.length,
    p50Ms,
    p99Ms,
    p50Ttl: inTtls(p50Ms),
    p99Ttl: inTtls(p99Ms),
    maxTtl: inTtls(maxMs),
    rested: recoveries.filter(({ expiredAt, dueAt }) => dueAt > expiredAt).length,
    afterDue: lateOf(recoveries),
    undisturbed: {
      count: calm.length,
      p50Ttl: inTtls(quantile(calm.map(tookMs), 0.5)),
      p99Ttl: inTtls(quantile(calm.map(tookMs), 0.99)),
      afterDue: lateOf(calm),
      phases: meanOf(calmStories),
      wokenAgain: calmStories.filter(({ phases }) => phases.againMs > 0).length,
    },
    slowest: stories(slowest),
  }
}

function tookMs({ killedAt, claimedAt }: Recovery): number {
  return claimedAt - killedAt
}

function lateMs(recovery: Recovery): number {
  return Math.max(0, recovery.claimedAt - mayAtOf(recovery))
}

function lateOf(recoveries: readonly Recovery[]): Late {
  const late = recoveries.map(lateMs)
  return { p50Ms: quantile(late, 0.5), p99Ms: quantile(late, 0.99) }
}

function overtakenOf(overtakings: readonly Overtaking[]): ChaosReport['overtaken'] {
  const losses = overtakings.flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
  const noticed = losses.filter((loss) => loss.includes(BY_ITS_CLOCK)).length
  return { count: overtakings.length, noticed, refused: losses.length - noticed }
}

function lasted({ at, until }: Outage): number {
  return until - at
}

/** For people. */
export function printed(report: ChaosReport): string {
  const { processes, recovery, overtaken, waits, wire, violations } = report
  const outages = [...report.outages.dynamo, ...report.outages.sqs]
  const troubles = Object.entries(wire).flatMap(([outcome, count]) =>
    outcome === 'pass' ? [] : [`${count} ${outcome}`],
  )
  return [
    `${report.kills} kills, ${report.pauses} pauses; ${overtaken.count} owners overtaken in their sleep, of which ${overtaken.noticed} noticed it by their clock and ${overtaken.refused} by a refused write`,
    `kills put off ${waits.forDynamo} times for DynamoDB, ${waits.forWorkers} for living workers, ${waits.forWrites} for something written, ${waits.forAge} for workers of an age`,
    `${wire.pass} requests passed, ${troubles.join(', ')}`,
    `DynamoDB Local killed ${report.dynamoRestarts} times (away ${report.outages.dynamo.map(lasted).join(', ')} ms), the SQS emulator ${report.sqsRestarts} times (${report.outages.sqs.map(lasted).join(', ')} ms)`,
    `${processes.started} processes started, ${processes.ended} ended with their children, ${processes.open.length} open; ${processes.cancelAsked} cancels, ${report.signals} signals, ${report.redriven} messages put back from the dead-letter queue`,
    `${report.bodies} bodies begun, ${report.writes} writes accepted, in ${report.chaosMs} ms and ${report.drainMs} ms of rest`,
    `recovery after a kill, ${recovery.count} times: p50 ${recovery.p50Ttl}, p99 ${recovery.p99Ttl}, most ${recovery.maxTtl} times the lease; with both emulators up and no rest after stalls, ${recovery.undisturbed.count} times: p50 ${recovery.undisturbed.p50Ttl}, p99 ${recovery.undisturbed.p99Ttl}`,
    `once it might be claimed: p50 ${recovery.afterDue.p50Ms} ms, p99 ${recovery.afterDue.p99Ms} ms; load average ${report.loadAverage.toFixed(1)}`,
    ...printedPhases(recovery.undisturbed),
    ...recovery.slowest.flatMap((story) => retold(story, outages)),
    `${violations.length} broken promises`,
    ...violations.map((violation) => `  ${JSON.stringify(violation)}`),
  ].join('\n')
}

function printedPhases({ afterDue, phases, wokenAgain }: ChaosReport['recovery']['undisturbed']): string[] {
  if (phases === undefined) return []
  const { passMs, againMs, queueMs, batchMs } = phases
  return [
    `  with both emulators up and no rest: p50 ${afterDue.p50Ms} ms, p99 ${afterDue.p99Ms} ms; in the mean ${passMs} ms until a pass of the sweep rings, ${againMs} until it rings again (${wokenAgain} times), ${queueMs} in the queue, ${batchMs} in the batch`,
  ]
}
