import type { Violation } from '../simulation/history.ts'
import type { Blow } from './faults.ts'
import type { Load } from './load.ts'
import type { FateName } from './proxy.ts'
import { quantile, recoveriesOf } from './recovery.ts'
import type { Write } from './recorder.ts'
import type { Told } from './told.ts'

export type ChaosReport = {
  readonly seed: number
  readonly seconds: number
  readonly chaosMs: number
  readonly drainMs: number
  readonly kills: number
  readonly pauses: number
  readonly wire: Readonly<Record<FateName, number>>
  readonly dynamoRestarts: number
  readonly sqsRestarts: number
  /** How long they were away, in ms. */
  readonly outagesMs: { readonly dynamo: readonly number[]; readonly sqs: readonly number[] }
  readonly workerLives: number
  readonly processes: {
    readonly started: number
    /** With children. */
    readonly ended: number
    readonly open: readonly string[]
    readonly cancelAsked: number
  }
  readonly writes: number
  readonly bodies: number
  readonly signals: number
  readonly recovery: {
    readonly count: number
    readonly p50Ms: number | undefined
    readonly p99Ms: number | undefined
    readonly p50Ttl: number | undefined
    readonly p99Ttl: number | undefined
    readonly maxTtl: number | undefined
    /** Processes taken over while their owner was stopped, before it woke. */
    readonly overtakenAsleep: number
  }
  readonly violations: readonly Violation[]
}

export type RunFacts = {
  readonly seed: number
  readonly seconds: number
  readonly leaseTtlMs: number
  readonly chaosMs: number
  readonly drainMs: number
  readonly load: Load
  readonly writes: readonly Write[]
  readonly told: readonly Told[]
  readonly blows: readonly Blow[]
  readonly wire: Readonly<Record<FateName, number>>
  readonly outages: { readonly dynamo: readonly number[]; readonly sqs: readonly number[] }
  readonly violations: readonly Violation[]
}

export function reportOf(run: RunFacts): ChaosReport {
  const { seed, seconds, leaseTtlMs, chaosMs, drainMs, load, writes, told, blows, wire, outages } = run
  const { afterKillMs, overtakenAsleep } = recoveriesOf(writes, told, blows)
  const ended = new Set(
    writes.flatMap(({ pk, sk, after }) =>
      sk === 'PROCESS' && after?.['ea'] !== undefined ? [pk.slice(2)] : [],
    ),
  )
  const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => quantile(afterKillMs, share))
  const inTtls = (ms: number | undefined) =>
    ms === undefined ? undefined : Math.round((ms / leaseTtlMs) * 100) / 100
  const factsOf = (kind: string) => load.facts.filter((fact) => fact.kind === kind).length
  return {
    seed,
    seconds,
    chaosMs,
    drainMs,
    kills: blows.filter(({ kind }) => kind === 'kill').length,
    pauses: blows.filter(({ kind }) => kind === 'pause').length,
    wire: { ...wire },
    dynamoRestarts: outages.dynamo.length,
    sqsRestarts: outages.sqs.length,
    outagesMs: outages,
    workerLives: told.filter(({ kind }) => kind === 'life').length,
    processes: {
      started: factsOf('started'),
      ended: ended.size,
      open: load.open,
      cancelAsked: factsOf('cancel-asked'),
    },
    writes: writes.length,
    bodies: told.filter(({ kind }) => kind === 'body').length,
    signals: factsOf('signalled'),
    recovery: {
      count: afterKillMs.length,
      p50Ms,
      p99Ms,
      p50Ttl: inTtls(p50Ms),
      p99Ttl: inTtls(p99Ms),
      maxTtl: inTtls(maxMs),
      overtakenAsleep,
    },
    violations: run.violations,
  }
}

/** For people. */
export function printed(report: ChaosReport): string {
  const { processes, recovery, wire, outagesMs, violations } = report
  const troubles = Object.entries(wire).flatMap(([fate, count]) =>
    fate === 'pass' ? [] : [`${count} ${fate}`],
  )
  return [
    `${report.kills} kills, ${report.pauses} pauses past the lease (${recovery.overtakenAsleep} processes overtaken meanwhile)`,
    `${wire.pass} requests passed, ${troubles.join(', ')}`,
    `DynamoDB Local killed ${report.dynamoRestarts} times (away ${outagesMs.dynamo.join(', ')} ms), the SQS emulator ${report.sqsRestarts} times (${outagesMs.sqs.join(', ')} ms)`,
    `${processes.started} processes started, ${processes.ended} ended with their children, ${processes.open.length} open; ${processes.cancelAsked} cancels, ${report.signals} signals`,
    `${report.bodies} bodies begun, ${report.writes} writes accepted, in ${report.chaosMs} ms and ${report.drainMs} ms of rest`,
    `recovery after a kill, ${recovery.count} times: p50 ${recovery.p50Ttl}, p99 ${recovery.p99Ttl}, most ${recovery.maxTtl} times the lease`,
    `${violations.length} broken promises`,
    ...violations.map((violation) => `  ${JSON.stringify(violation)}`),
  ].join('\n')
}
