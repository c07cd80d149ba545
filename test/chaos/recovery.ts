import type { Item } from '../../lib/registry/store/store.ts'
import { pausedDuring, type KillOrPause } from './kills.ts'
import type { Outage } from './emulator.ts'
import type { Write } from './recorder.ts'
import type { WorkerLog } from './worker-logs.ts'
import type { Loss } from './watch.ts'

/** An owner died, and another claimed its process. All by the machine's clock. */
export type Recovery = {
  readonly process: string
  /** Of the one that died. */
  readonly fence: number
  readonly killedAt: number
  /** When the lease of the dead one ran out: no other could have claimed before. */
  readonly expiredAt: number
  /** Later than that where claims before it had fail: then the process rests. */
  readonly dueAt: number
  readonly claimedAt: number
  /** The life of the worker that claimed it. */
  readonly claimedBy: string
}

/** An owner slept past its lease, another claimed its process, and then it woke up. */
export type Overtaking = {
  readonly process: string
  /** Of the one that slept. */
  readonly fence: number
  /** What it said of its loss, where it came to say it before it was killed. */
  readonly loss: string | undefined
}

export type Recoveries = {
  readonly recoveries: readonly Recovery[]
  readonly overtakings: readonly Overtaking[]
}

export type Seen = {
  readonly writes: readonly Write[]
  readonly logs: readonly WorkerLog[]
  readonly kills: readonly KillOrPause[]
  readonly losses?: readonly Loss[]
}

/**
 * How long processes stood still, and which owners were overtaken. If the row of a process says that it runs under the
 * fence of a dead owner, the next claim takes it over. The times of a claim and of a kill are of one machine's clock.
 */
export function recoveriesOf({ writes, logs, kills, losses = [] }: Seen): Recoveries {
  const pids = logs.flatMap((each) => (each.kind === 'started' ? [[each.by, each.pid] as const] : []))
  const pidOf = new Map(pids)
  const killedAtOf = new Map(kills.flatMap((kill) => (kill.kind === 'kill' ? [[kill.pid, kill.at]] : [])))
  const said = new Map(losses.map(({ process, fence, because }) => [`${process}#${fence}`, because]))
  const recoveries: Recovery[] = []
  const overtakings: Overtaking[] = []
  for (const { owner, ...takeover } of takeoversIn(writes)) {
    const { process, fence, claimedAt } = takeover
    const pid = pidOf.get(owner)
    const killedAt = pid === undefined ? undefined : killedAtOf.get(pid)
    // A worker that was woken and then killed had lost its processes before.
    if (killedAt !== undefined && killedAt <= claimedAt) recoveries.push({ killedAt, ...takeover })
    if (pausedDuring(kills, pid, claimedAt))
      overtakings.push({ process, fence, loss: said.get(`${process}#${fence}`) })
  }
  return { recoveries, overtakings }
}

/** Those in whose time both emulators were there, and whose process had not stalled before. */
export function undisturbed(
  recoveries: readonly Recovery[],
  outages: readonly Outage[],
): readonly Recovery[] {
  return recoveries.filter(
    ({ killedAt, expiredAt, dueAt, claimedAt }) =>
      dueAt === expiredAt && !outages.some(({ at, until }) => at <= claimedAt && killedAt <= until),
  )
}

/** When it might be claimed for the first time: its lease was over, it was due, and its owner was dead. */
export function mayAtOf({ killedAt, dueAt }: Recovery): number {
  return Math.max(killedAt, dueAt)
}

/** The least value that so great a share of them does not exceed; undefined where there is none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))]
}

type Takeover = Omit<Recovery, 'killedAt'> & { readonly owner: string }

function* takeoversIn(writes: readonly Write[]): Generator<Takeover> {
  /** Where a lease was renewed, its item says until when; until then the grant does. */
  const renewedUntil = new Map<string, number>()
  for (const { pk, sk, before, after } of writes) {
    if (sk === 'LEASE' && after !== undefined)
      renewedUntil.set(`${pk}#${JSON.stringify(after['f'])}`, Number(after['e']))
    if (sk !== 'PROCESS' || before?.['s'] !== 'running' || after?.['s'] !== 'running') continue
    const fence = Number(before['f'])
    if (fence === after['f']) continue
    const grant = grantOf(before)
    const expiredAt = renewedUntil.get(`${pk}#${fence}`) ?? Number(grant['u'])
    const { c: claimedAt, o: claimedBy } = grantOf(after)
    const rested = Number(before['da'] ?? 0) > Number(grant['u'])
    const dueAt = rested ? Math.max(expiredAt, Number(before['da'])) : expiredAt
    yield {
      process: pk.slice(2),
      fence,
      owner: String(grant['o']),
      expiredAt,
      dueAt,
      claimedAt: Number(claimedAt),
      claimedBy: String(claimedBy),
    }
  }
}

function grantOf(item: Item): Readonly<Record<string, unknown>> {
  const grant = item['gr']
  return typeof grant === 'object' && grant !== null ? (grant as Record<string, unknown>) : {}
}
