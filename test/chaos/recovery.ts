import type { Item } from '../../lib/registry/store/store.ts'
import type { Blow } from './faults.ts'
import type { Write } from './recorder.ts'
import type { Told } from './told.ts'

export type Recoveries = {
  /** From the death of an owner to the next claim of its process by another, in ms. */
  readonly afterKillMs: readonly number[]
  /** Processes that were taken over while their owner was stopped, and it woke up later. */
  readonly overtakenAsleep: number
}

/**
 * How long processes stood still. A process whose row says that it runs under the fence of an owner that died is taken
 * over by the next claim; a claim's own time and a kill's are of one machine's clock.
 */
export function recoveriesOf(
  writes: readonly Write[],
  told: readonly Told[],
  blows: readonly Blow[],
): Recoveries {
  const lives = told.flatMap((each) => (each.kind === 'life' ? [[each.by, each.pid] as const] : []))
  const pidOf = new Map(lives)
  const kills = new Map(blows.flatMap((blow) => (blow.kind === 'kill' ? [[blow.pid, blow.at]] : [])))
  const pauses = blows.filter((blow) => blow.kind === 'pause')
  const afterKillMs: number[] = []
  let overtakenAsleep = 0
  for (const { sk, before, after } of writes) {
    if (sk !== 'PROCESS' || before?.['s'] !== 'running' || after?.['s'] !== 'running') continue
    if (before['f'] === after['f']) continue
    const pid = pidOf.get(String(grantOf(before)['o']))
    const claimedAt = Number(grantOf(after)['c'])
    const killedAt = pid === undefined ? undefined : kills.get(pid)
    // A worker that was woken and then killed had lost its processes before.
    if (killedAt !== undefined && killedAt <= claimedAt) afterKillMs.push(claimedAt - killedAt)
    if (pauses.some((blow) => blow.pid === pid && blow.at <= claimedAt && claimedAt < blow.until))
      overtakenAsleep += 1
  }
  return { afterKillMs: afterKillMs.toSorted((a, b) => a - b), overtakenAsleep }
}

/** The least value that so great a share of them does not exceed; undefined where there is none. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))]
}

function grantOf(item: Item): Readonly<Record<string, unknown>> {
  const grant = item['gr']
  return typeof grant === 'object' && grant !== null ? (grant as Record<string, unknown>) : {}
}
