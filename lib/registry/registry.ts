import type { Clock } from '../model/clock.ts'
import { DUE_SHARDS, LIST_SHARDS, SLOT_QUEUE_MAX } from '../model/limits.ts'
import { VALUES_IN_FLIGHT_MAX } from '../model/limits-flight.ts'
import { childEnded, signal } from './operations/append.ts'
import { heartbeat, lastHeartbeat, openCallback, reply } from './operations/callbacks.ts'
import { claim } from './operations/claim.ts'
import type { Context } from './operations/context.ts'
import { complete, completeExternal, markRetried, dependentsNotified } from './operations/complete.ts'
import { fenceCheck, holderOf, renew } from './operations/lease.ts'
import { leasedUntil, list, listDue } from './operations/list.ts'
import { requestAbandon, requestCancel, resume } from './operations/requests.ts'
import { commit, release, park } from './operations/owner-writes.ts'
import { keep, load, outputOf } from './operations/payloads.ts'
import { attention, counts, listKinds } from './operations/merged-list.ts'
import { refresh, show } from './operations/read.ts'
import { eventsAfter } from './operations/log-pages.ts'
import { register, start } from './operations/register.ts'
import { leaveSlot, releaseSlot, slots, takeSlot } from './operations/concurrency.ts'
import { lastSweep, noteSweep } from './operations/sweep-notes.ts'
import { startChild } from './operations/start-child.ts'
import { Gate } from './gate.ts'
import type { PayloadPorts } from './payload-ports.ts'
import type { ItemStore } from './store/store.ts'
import type { ProcessRegistry } from './port.ts'

type MethodName = Exclude<keyof ProcessRegistry, 'durable' | 'name' | 'dueShards'>
type Methods = Pick<ProcessRegistry, MethodName>

/** Each method of the port, by the operation that carries it out. */
const OPERATIONS: {
  readonly [Name in MethodName]: (
    ctx: Context,
    ...args: Parameters<Methods[Name]>
  ) => ReturnType<Methods[Name]>
} = {
  register,
  start,
  get: show,
  heldBy: holderOf,
  claim,
  renew,
  release,
  refresh,
  commit,
  park,
  startChild,
  signal,
  openCallback,
  reply,
  heartbeat,
  lastHeartbeat,
  childEnded,
  dependentsNotified,
  markRetried,
  resume,
  takeSlot,
  leaveSlot: (ctx, id, concurrency, now) => leaveSlot(ctx, id, concurrency, now),
  slots,
  releaseSlot,
  noteSweep,
  lastSweep,
  complete,
  completeExternal,
  requestCancel,
  requestAbandon,
  listDue,
  leasedUntil,
  list,
  listKinds,
  attention,
  counts,
  eventsAfter,
  fenceCheck,
  keep,
  load,
  outputOf,
}

export type RegistryFacts = {
  readonly durable: boolean
  readonly name: string
  /** The table that a fence check names. Default: the registry's name, for a store that has no table. */
  readonly tableName?: string
  /** How many shards the due index is written to, and swept. Changing it needs a migration. Default 8. */
  readonly dueShards?: number
  /** Reads use it to hide processes after their retention (C55). Default: reads show a process until its item is removed. */
  readonly clock?: Pick<Clock, 'now'>
  /** A codec, and a place for large values. Default: neither. */
  readonly payloads?: PayloadPorts
  /** How many shards a kind's or scope's list is spread over. Changing it needs a migration. Default 1. */
  readonly listShards?: number
  /** How many processes wait in the queue of one concurrency key; the others ask again by themselves. Default 10,000. */
  readonly slotQueueMax?: number
}

/** Makes a class whose methods are the operations, each on the context that the class was made with. */
function bindOperations(): new (ctx: object) => ProcessRegistry {
  class Bound {
    readonly #ctx: Context

    constructor(ctx: Context) {
      this.#ctx = ctx
    }

    static {
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        const bound = operation as (ctx: Context, ...args: readonly unknown[]) => unknown
        const value = function (this: Bound, ...args: readonly unknown[]): unknown {
          return bound(this.#ctx, ...args)
        }
        Object.defineProperty(this.prototype, name, { value, writable: true })
      }
    }
  }
  return Bound as unknown as new (ctx: object) => ProcessRegistry
}

/** The one implementation of the registry, on whatever keeps its items. */
export class StoreRegistry extends bindOperations() {
  override readonly durable: boolean
  override readonly name: string
  override readonly dueShards: number

  constructor(store: ItemStore, facts: RegistryFacts) {
    const { durable, name, tableName = name, dueShards = DUE_SHARDS, listShards = LIST_SHARDS } = facts
    const { clock, payloads = {}, slotQueueMax = SLOT_QUEUE_MAX } = facts
    const shards = { due: dueShards, list: listShards }
    const gate = new Gate(VALUES_IN_FLIGHT_MAX)
    const ctx: Context = { store, tableName, shards, payloads, gate, slotQueueMax, clock }
    super(ctx)
    this.durable = durable
    this.name = name
    this.dueShards = dueShards
  }
}
