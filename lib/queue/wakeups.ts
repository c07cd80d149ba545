import type { Clock, EpochMs } from '../model/clock.ts'
import type { ProcessId } from '../model/ids.ts'
import type { ProcessRecord, Status } from '../model/record.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { Bell, Doorbell } from './doorbell.ts'

/** What sending takes. */
export type RingPorts = { readonly doorbell: Doorbell; readonly telemetry: Telemetry }
type ParkPorts = RingPorts & { readonly clock: Clock }

/** True where a doorbell can carry the wait; a later time is found by the sweep, shortly before it comes. */
export function bellReaches(
  { maxDelayMs }: Pick<Doorbell, 'maxDelayMs'>,
  dueAt: EpochMs,
  now: EpochMs,
): boolean {
  return dueAt - now <= maxDelayMs
}

/**
 * Rings for a process that was just parked, if a doorbell reaches its due time or if the row says that one is on its way.
 * The row counts even if the clock was set back since, because the sweep relies on it. One that comes early is rung once
 * more.
 */
export async function ringAfterPark(parts: ParkPorts, row: Rung, dueAt: EpochMs): Promise<void> {
  const now = parts.clock.now()
  if (row.belled !== true && !bellReaches(parts.doorbell, dueAt, now)) return
  await ringFor(parts, row, Math.min(Math.max(0, dueAt - now), parts.doorbell.maxDelayMs))
}

/** Rings for what a park left: at the time it asked for, or now, where a request came in that its owner had not seen. */
export async function ringParked(parts: ParkPorts, record: ProcessRecord | undefined): Promise<void> {
  if (record?.status === 'waiting' && record.dueAt !== undefined)
    await ringAfterPark(parts, record, record.dueAt)
}

/** Rings for a process that something was asked of; the owner of a running one was poked instead. Answers the record. */
export async function ringUnlessRunning(parts: RingPorts, record: ProcessRecord): Promise<ProcessRecord> {
  if (record.status !== 'running') await ringFor(parts, record)
  return record
}

/**
 * Rings for a row that is written, and due. So a doorbell that cannot be sent costs a sweep and nothing else: it is
 * told, not thrown.
 */
export async function ringFor(parts: RingPorts, row: Rung, delayMs = 0): Promise<void> {
  await ringAll(parts, [bellOf(row, delayMs)])
}

/**
 * The row of a doorbell. Its group on a fair queue is its scope, or else its kind, as far as they are at hand. A running
 * row is rung for once its lease has expired, so it is a suspect.
 */
export type Rung = {
  readonly id: ProcessId
  readonly urgent?: boolean
  readonly kind?: string
  readonly scope?: string
  readonly belled?: boolean
  readonly suspect?: boolean
  readonly status?: Status
}

export function bellOf(row: Rung, delayMs: number): Bell {
  const group = row.scope ?? row.kind
  return {
    id: row.id,
    delayMs,
    ...(row.urgent === true ? { urgent: true } : {}),
    ...(row.suspect === true || row.status === 'running' ? { alone: true } : {}),
    ...(group === undefined ? {} : { group }),
  }
}

/** The same for several rows, in as few messages as they fit in. */
export async function ringAll(parts: RingPorts, bells: readonly Bell[]): Promise<void> {
  if (bells.length === 0) return
  try {
    await parts.doorbell.ring(bells)
  } catch (error) {
    const [first] = bells
    parts.telemetry.error('a doorbell was not sent; the sweep will find the process', error, {
      id: first?.id,
      delayMs: first?.delayMs,
      bells: bells.length,
    })
  }
}
