import type { ClaimRequest } from '../model/claim.ts'
import type { Clock, EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import type { Holding, ParkRequest } from '../model/holding.ts'
import type { ProcessId, Seq } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { Lease, RunningStep } from '../model/lease.ts'
import { DUE_SHARDS, LIST_SHARDS, SLOT_QUEUE_MAX } from '../model/limits.ts'
import { VALUES_IN_FLIGHT_MAX } from '../model/limits-flight.ts'
import type { Entry, Payload } from '../model/log.ts'
import type { Output, ProcessRecord, Status, TerminalRecord } from '../model/record.ts'
import type { Concurrency, Registration } from '../model/registration.ts'
import type { OutsideRequest } from '../model/requests.ts'
import { childEnded } from './operations/append.ts'
import { heartbeat, lastHeartbeat, openCallback, reply } from './operations/callbacks.ts'
import { claim } from './operations/claim.ts'
import type { Context } from './operations/context.ts'
import { complete, completeExternal, markRetried, settled } from './operations/complete.ts'
import { fenceCheck, holderOf, renew } from './operations/lease.ts'
import { leasedUntil, list, listDue, type DueQuery } from './operations/list.ts'
import { request, resume } from './operations/requests.ts'
import { commit, release, park } from './operations/owner-writes.ts'
import { keep, load, outputOf } from './operations/payloads.ts'
import type { CallbackReply, ListQuery, ProcessRegistry, RegisterOptions, Signal } from './port.ts'
import { refresh, show } from './operations/read.ts'
import { eventsAfter } from './operations/log-pages.ts'
import { register, start } from './operations/register.ts'
import { signal } from './operations/signals.ts'
import { leaveSlot, takeSlot } from './operations/concurrency.ts'
import { startChild } from './operations/start-child.ts'
import { Gate } from './gate.ts'
import type { PayloadPorts } from './payload-ports.ts'
import type { ItemStore } from './store/store.ts'

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

/** The one implementation of the registry, on whatever keeps its items. */
export class StoreRegistry implements ProcessRegistry {
  readonly durable: boolean
  readonly name: string
  readonly dueShards: number
  private readonly tableName: string
  private readonly ctx: Context

  constructor(store: ItemStore, facts: RegistryFacts) {
    const { durable, name, tableName = name, dueShards = DUE_SHARDS, listShards = LIST_SHARDS } = facts
    this.durable = durable
    this.name = name
    this.tableName = tableName
    this.dueShards = dueShards
    const payloads = facts.payloads ?? {}
    const { clock, slotQueueMax = SLOT_QUEUE_MAX } = facts
    const shards = { due: dueShards, list: listShards }
    const gate = new Gate(VALUES_IN_FLIGHT_MAX)
    this.ctx = { store, shards, payloads, gate, slotQueueMax, ...(clock === undefined ? {} : { clock }) }
  }

  register(registration: Registration, options: RegisterOptions) {
    return register(this.ctx, registration, options)
  }

  start(registration: Registration, asked: ClaimRequest, now: EpochMs) {
    return start(this.ctx, registration, asked, now)
  }

  get(id: ProcessId, parent?: ProcessId) {
    return show(this.ctx, id, parent)
  }

  heldBy(record: ProcessRecord) {
    return holderOf(this.ctx, record)
  }

  claim(id: ProcessId, asked: ClaimRequest, now: EpochMs) {
    return claim(this.ctx, id, asked, now)
  }

  renew(lease: Lease, ttlMs: number, now: EpochMs, step?: RunningStep) {
    return renew(this.ctx, lease, { ttlMs, now, step })
  }

  release(holding: Holding, now: EpochMs) {
    return release(this.ctx, holding, now)
  }

  refresh(holding: Holding) {
    return refresh(this.ctx, holding)
  }

  commit(holding: Holding, entries: readonly Entry[], _now: EpochMs) {
    return commit(this.ctx, holding, entries)
  }

  park(holding: Holding, entries: readonly Entry[], asked: ParkRequest, now: EpochMs) {
    return park(this.ctx, holding, entries, asked, now)
  }

  startChild(holding: Holding, entries: readonly Entry[], child: Registration, now: EpochMs) {
    return startChild(this.ctx, holding, entries, child, now)
  }

  signal(id: ProcessId, sent: Signal, now: EpochMs) {
    return signal(this.ctx, id, sent, now)
  }

  openCallback(holding: Holding, callback: { position: number; tokenHash: string }, _now: EpochMs) {
    return openCallback(this.ctx, holding, callback)
  }

  reply(id: ProcessId, said: CallbackReply, now: EpochMs) {
    return reply(this.ctx, id, said, now)
  }

  heartbeat(id: ProcessId, callback: { position: number; token: string }, now: EpochMs) {
    return heartbeat(this.ctx, id, callback, now)
  }

  lastHeartbeat(id: ProcessId, position: number) {
    return lastHeartbeat(this.ctx, id, position)
  }

  childEnded(parent: ProcessId, child: { id: ProcessId; status: Status }, now: EpochMs) {
    return childEnded(this.ctx, parent, child, now)
  }

  settled(record: TerminalRecord) {
    return settled(this.ctx, record)
  }

  markRetried(id: ProcessId, by: ProcessId) {
    return markRetried(this.ctx, id, by)
  }

  resume(id: ProcessId, by: string | undefined, now: EpochMs) {
    return resume(this.ctx, id, by, now)
  }

  takeSlot(holding: Holding, concurrency: Concurrency) {
    return takeSlot(this.ctx, holding, concurrency)
  }

  leaveSlot(id: ProcessId, concurrency: Concurrency, now: EpochMs) {
    return leaveSlot(this.ctx, id, concurrency, now)
  }

  complete(holding: Holding, entries: readonly Entry[], output: Output, now: EpochMs) {
    return complete(this.ctx, holding, entries, output, now)
  }

  completeExternal(id: ProcessId, token: string, output: Output, now: EpochMs) {
    return completeExternal(this.ctx, id, token, output, now)
  }

  requestCancel(id: ProcessId, asked: OutsideRequest, now: EpochMs) {
    return request(this.ctx, id, 'cancel', asked, now)
  }

  requestAbandon(id: ProcessId, asked: OutsideRequest, now: EpochMs) {
    return request(this.ctx, id, 'abandon', asked, now)
  }

  listDue(query: DueQuery) {
    return listDue(this.ctx, query)
  }

  leasedUntil(rows: readonly DueRow[]) {
    return leasedUntil(this.ctx, rows)
  }

  list(query: ListQuery) {
    return list(this.ctx, query)
  }

  eventsAfter(id: ProcessId, after: Seq, limit?: number) {
    return eventsAfter(this.ctx, id, after, limit)
  }

  fenceCheck(lease: Lease) {
    return fenceCheck(this.tableName, lease)
  }

  keep(id: ProcessId, value: Json, what: string) {
    return keep(this.ctx, id, value, what)
  }

  load(id: ProcessId, payload: Payload) {
    return load(this.ctx, id, payload)
  }

  outputOf(record: TerminalRecord) {
    return outputOf(this.ctx, record)
  }
}
