import type { Ownership } from '../../lib/model/ownership.ts'
import type { EpochMs } from '../../lib/model/clock.ts'
import type { Lease } from '../../lib/model/lease.ts'
import type { Entry } from '../../lib/model/log.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { aChildOf, DONE, step, TTL } from './suite/bed.ts'

/** Every operation of the port that takes an ownership or a lease: what an owner may do. */
type OwnerOperation = {
  [K in keyof ProcessRegistry]: ProcessRegistry[K] extends (...args: never) => unknown
    ? Parameters<ProcessRegistry[K]>[0] extends Ownership | Lease
      ? K
      : never
    : never
}[keyof ProcessRegistry]
/** But for those that only look. */
type OwnerWriteName = Exclude<OwnerOperation, 'refresh' | 'fenceCheck'>

type OwnerWrite = {
  send(
    registry: ProcessRegistry,
    ownership: Ownership,
    entries: readonly Entry[],
    now: EpochMs,
  ): Promise<unknown>
  /** The error code that a former owner gets, or nothing. */
  readonly refusedWith: 'lease_lost' | undefined
  /** How far one application moves the log on, beyond the entries given. */
  readonly marks: number
  readonly takesEntries: boolean
  /** How often one application moves the owner's commit on. */
  readonly commits: 0 | 1
  /** It is refused once the process was asked to cancel. */
  readonly yieldsToCancel?: true
}

/** Each owner write as data: the hostile cases run over all of them, and a new one without a row does not compile. */
export const OWNER_WRITES: Record<OwnerWriteName, OwnerWrite> = {
  renew: {
    send: (registry, { lease }, _, now) => registry.renew(lease, TTL, now),
    refusedWith: 'lease_lost',
    marks: 0,
    takesEntries: false,
    commits: 0,
  },
  release: {
    send: (registry, ownership, _, now) => registry.release(ownership, now),
    refusedWith: undefined,
    marks: 0,
    takesEntries: false,
    commits: 1,
  },
  openCallback: {
    send: (registry, ownership, _, now) =>
      registry.openCallback(ownership, { position: 1, tokenHash: 'h' }, now),
    refusedWith: undefined,
    marks: 0,
    takesEntries: false,
    commits: 0,
  },
  takeSlot: {
    send: (registry, ownership) => registry.takeSlot(ownership, { key: ownership.lease.id, limit: 1 }),
    refusedWith: 'lease_lost',
    marks: 0,
    takesEntries: false,
    commits: 0,
  },
  startChild: {
    send: (registry, ownership, entries, now) =>
      registry.startChild(ownership, entries, aChildOf(ownership.lease.id), now),
    refusedWith: 'lease_lost',
    marks: 0,
    takesEntries: true,
    commits: 1,
    yieldsToCancel: true,
  },
  commit: {
    send: (registry, ownership, entries, now) => registry.commit(ownership, entries, now),
    refusedWith: 'lease_lost',
    marks: 0,
    takesEntries: true,
    commits: 1,
  },
  park: {
    send(registry, ownership, entries, now) {
      return registry.park(
        ownership,
        entries,
        { wait: { for: 'worker' }, dueAt: now + 60_000, wakeupScheduled: true },
        now,
      )
    },
    refusedWith: 'lease_lost',
    marks: 0,
    takesEntries: true,
    commits: 1,
  },
  complete: {
    send: (registry, ownership, entries, now) => registry.complete(ownership, entries, DONE, now),
    refusedWith: 'lease_lost',
    marks: 1,
    takesEntries: true,
    commits: 1,
  },
}

/** Entries that ride in the process item, and entries that have to be rolled into a page first. */
export const JOURNALS: Readonly<Record<string, readonly Entry[]>> = {
  'in the tail': [step(1), step(2)],
  'rolled into a page': [step(1, 'x'.repeat(500)), step(2, 'y'.repeat(500)), step(3)],
}
