import type { KillOrPause } from './kills.ts'
import type { Outage } from './emulator.ts'
import { mayAtOf, type Recovery } from './recovery.ts'
import type { WorkerLog } from './worker-logs.ts'

/** A message that a worker got hold of, and what it came to. By the machine's clock. */
type Delivery = {
  readonly sentAt: number
  readonly receivedAt: number
  /** How often it was received, this time included. */
  readonly receives: number
  readonly pid: number | undefined
  /** Where it stood in its batch, from 1, and of how many. */
  readonly place: number
  readonly of: number
  /** Undefined where the worker died before it answered the batch: then its messages come again. */
  readonly answeredAt: number | undefined
  readonly killedAt: number | undefined
  /** The worker claimed the process while it had the batch. */
  readonly claims: boolean
}

/** What the time went by with between the moment at which a process might be claimed and its claim, in ms. */
export type Phases = {
  /** Until the first wake-up: a pass of the sweep. */
  readonly passMs: number
  /** Wake-ups that failed, until the one that did not. */
  readonly againMs: number
  /** In the queue, until a worker was free. */
  readonly queueMs: number
  /** In the worker: behind others of its batch, and the claim itself. */
  readonly batchMs: number
}

/** How a process whose owner died came to the next one. */
export type Story = {
  readonly recovery: Recovery
  readonly phases: Phases
  /** Of messages for it that were received after the owner died, and before the claim. */
  readonly deliveries: readonly Delivery[]
}

type Received = { readonly by: string; readonly delivery: Delivery }

/** Undefined where the message of a claim was not told of: its worker died in the middle of the line. */
export function storiesOf(
  recoveries: readonly Recovery[],
  { logs, kills }: { readonly logs: readonly WorkerLog[]; readonly kills: readonly KillOrPause[] },
): readonly (Story | undefined)[] {
  const delivered = deliveriesIn(logs, kills)
  return recoveries.map((recovery) => storyOf(recovery, delivered.get(recovery.process) ?? []))
}

function storyOf(recovery: Recovery, delivered: readonly Received[]): Story | undefined {
  const { killedAt, claimedAt, claimedBy } = recovery
  const early = delivered.filter(({ delivery }) => delivery.receivedAt <= claimedAt)
  const claiming = early.findLast(({ by }) => by === claimedBy)?.delivery
  if (claiming === undefined) return undefined
  const deliveries = early.flatMap(({ delivery }) => {
    if (delivery.receivedAt < killedAt) return []
    return [delivery === claiming ? { ...delivery, claims: true } : delivery]
  })
  const sent = delivered.map(({ delivery }) => delivery.sentAt)
  return { recovery, phases: phasesOf(recovery, claiming, sent), deliveries }
}

/**
 * A wake-up that was sent before the process might be claimed is not the sweep's for this loss. It comes again from a
 * worker that died with it, and all of the wait is the queue's.
 */
function phasesOf(recovery: Recovery, claiming: Delivery, sent: readonly number[]): Phases {
  const mayAt = mayAtOf(recovery)
  const batchMs = recovery.claimedAt - Math.max(mayAt, claiming.receivedAt)
  if (claiming.sentAt < mayAt)
    return { passMs: 0, againMs: 0, queueMs: Math.max(0, claiming.receivedAt - mayAt), batchMs }
  const wokenAt = Math.min(...sent.filter((at) => at >= mayAt))
  return {
    passMs: wokenAt - mayAt,
    againMs: claiming.sentAt - wokenAt,
    queueMs: claiming.receivedAt - claiming.sentAt,
    batchMs,
  }
}

/** By process, in the order in which they were told. */
function deliveriesIn(
  logs: readonly WorkerLog[],
  kills: readonly KillOrPause[],
): ReadonlyMap<string, readonly Received[]> {
  const pidOf = new Map(
    logs.flatMap((each) => (each.kind === 'started' ? [[each.by, each.pid] as const] : [])),
  )
  const killedAtOf = new Map(kills.flatMap(({ kind, pid, at }) => (kind === 'kill' ? [[pid, at]] : [])))
  const answers = logs.filter((each) => each.kind === 'answered')
  const delivered = logs.flatMap((batch) => {
    if (batch.kind !== 'received') return []
    const { by, at, messages } = batch
    const pid = pidOf.get(by)
    const killedAt = pid === undefined ? undefined : killedAtOf.get(pid)
    const answeredAt = answers.find((answer) => answer.by === by && answer.at >= at)?.at
    return messages.map(({ process, sentAt, receives }, index) => {
      const where = { pid, place: index + 1, of: messages.length }
      const delivery = { sentAt, receivedAt: at, receives, ...where, answeredAt, killedAt, claims: false }
      return { process, by, delivery }
    })
  })
  return Map.groupBy(delivered, ({ process }) => process)
}

/** Mean of each; undefined where there is no story. */
export function meanOf(stories: readonly Story[]): Phases | undefined {
  if (stories.length === 0) return undefined
  const mean = (phase: keyof Phases): number =>
    Math.round(stories.reduce((sum, { phases }) => sum + phases[phase], 0) / stories.length)
  return {
    passMs: mean('passMs'),
    againMs: mean('againMs'),
    queueMs: mean('queueMs'),
    batchMs: mean('batchMs'),
  }
}

/** For people: a recovery, and under it what became of each message. Times count from when it might be claimed. */
export function retold(story: Story, outages: readonly Outage[]): readonly string[] {
  const { recovery, phases, deliveries } = story
  const { process, fence, killedAt, claimedAt } = recovery
  const mayAt = mayAtOf(recovery)
  const { passMs, againMs, queueMs, batchMs } = phases
  const away = outages.flatMap(({ at, until }) =>
    at <= claimedAt && killedAt <= until
      ? [`; an emulator was away from ${at - mayAt} to ${until - mayAt}`]
      : [],
  )
  return [
    `${process} of fence ${fence}, killed at ${killedAt - mayAt} ms, was claimed at ${claimedAt - mayAt} ms: ${passMs} until it was woken, ${againMs} until again, ${queueMs} in the queue, ${batchMs} in the batch${away.join('')}`,
    ...deliveries.map((delivery) => `  ${toldOf(delivery, mayAt)}`),
  ]
}

function toldOf(delivery: Delivery, mayAt: number): string {
  const { sentAt, receivedAt, receives, place, of, pid, claims, answeredAt, killedAt } = delivery
  const end = (at: number): string => `${at - receivedAt} ms later`
  const became =
    answeredAt !== undefined
      ? `which answered ${end(answeredAt)}`
      : killedAt !== undefined
        ? `killed ${end(killedAt)}`
        : ''
  return `sent at ${sentAt - mayAt}, received at ${receivedAt - mayAt} for the ${receives}. time, ${place} of ${of}, by ${pid} ${became}${claims ? ', and claimed' : ''}`
}
