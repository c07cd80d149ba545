import { beforeAll, expect } from 'vitest'
import type { ClaimRequest } from '../../../lib/model/claim.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import type { Entry } from '../../../lib/model/log.ts'
import type { Output, ProcessRecord } from '../../../lib/model/record.ts'
import { toRegistration, type Registration } from '../../../lib/model/registration.ts'
import type { ClaimedProcess, ClaimReply, ParkReply, ProcessRegistry } from '../../../lib/registry/port.ts'
import { StoreRegistry } from '../../../lib/registry/registry.ts'
import type { ItemStore } from '../../../lib/registry/store/store.ts'
import { everything, Recorder } from '../../helpers/recorder.ts'

/** What a registry is tested on: a store, and how a registry is made over a store that wraps it. */
type Opened = { readonly store: ItemStore; registryOver(store: ItemStore): ProcessRegistry }
export type Subject = { readonly name: string; open(): Promise<Opened> }

/** Milliseconds are made up: no test waits for one. */
export const NOW = 1_764_000_000_000
export const TTL = 30_000

/** One test's view: its own registry on the shared store, and a record of what that registry asked of the store. */
export type Bed = {
  readonly store: ItemStore
  readonly recorder: Recorder
  readonly registry: ProcessRegistry
  /** Another worker on the same table. */
  readonly other: ProcessRegistry
}

/** Opens the subject once for a topic; each test takes a fresh bed from the answer, and ids of its own. */
export function bedOf(subject: Subject): () => Bed {
  let opened: Opened | undefined
  beforeAll(async () => {
    opened = await subject.open()
  })
  return () => {
    if (opened === undefined) throw new Error('the subject is not open')
    const { store } = opened
    const recorder = new Recorder(store)
    return { store, recorder, registry: opened.registryOver(recorder), other: opened.registryOver(store) }
  }
}

/** A registry of few shards of its own over a bed's store. */
export function sharded(
  store: ItemStore,
  shards: { dueShards?: number; listShards?: number },
): ProcessRegistry {
  return new StoreRegistry(store, { durable: false, name: 'sharded', ...shards })
}

let count = 0
/** An id that no other test has, in this run or another. */
export function freshId(prefix = 'p'): string {
  count += 1
  return `${prefix}-${process.pid}-${count}-${process.hrtime.bigint()}`
}

export function aRegistration(more: Partial<Omit<Registration, 'id'>> & { id?: string } = {}): Registration {
  return toRegistration({ id: freshId(), kind: 'orders.charge', input: { amount: 12 }, ...more })
}

/** The child that a parent would start next, with an id of its own below the parent's. */
export function aChildOf(
  parent: ProcessId,
  more: Partial<Omit<Registration, 'id'>> & { id?: string } = {},
): Registration {
  return aRegistration({ id: `${parent}.1`, parent: { id: parent, onEnd: 'cancel' }, ...more })
}

export function aRequest(name: string, more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { ownerId: `host-${name}`, attemptId: `run-${name}`, token: `token-${name}`, ttlMs: TTL, ...more }
}

export function step(position: number, value: string | number = position): Entry {
  const outcome = { ok: true, value: { value } } as const
  return { type: 'effect', at: NOW, position, effect: 'step', name: `step-${position}`, outcome }
}

export const DONE: Output = { outcome: 'success', value: { charged: true } }
export const BROKEN: Output = {
  outcome: 'failure',
  error: { class: 'CardDeclined', code: 'declined', message: 'the card was declined' },
}

export function claimedOf(reply: ClaimReply): ClaimedProcess {
  if (reply.outcome !== 'claimed') throw new Error(`expected a claim, got ${JSON.stringify(reply)}`)
  return reply
}

export function parkedOf(reply: ParkReply): ProcessRecord {
  if (!reply.parked) throw new Error(`expected it to park, it is held at ${reply.ownership.row.seq}`)
  return reply.record
}

/** A process started by owner `a` at NOW. */
export async function started(bed: Bed, registration = aRegistration(), request = aRequest('a')) {
  const claimed = claimedOf(await bed.registry.start(registration, request, NOW))
  bed.recorder.calls.length = 0
  return { ...claimed, id: registration.id, registration, request }
}

/** Runs `act` and expects everything under the process to be as it was. */
export async function changesNothing<T>(bed: Bed, id: ProcessId, act: () => Promise<T>): Promise<T> {
  const before = await everything(bed.store, id)
  const answer = await act()
  expect(await everything(bed.store, id)).toEqual(before)
  return answer
}

/** The numbers of a log, to be compared with 1, 2, 3 … */
export function seqs(log: readonly { seq: number }[]): number[] {
  return log.map(({ seq }) => seq)
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
