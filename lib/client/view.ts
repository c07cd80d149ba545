import { LeaseholdError } from '../model/errors.ts'
import { failingStep, unreadSignals } from '../model/journal.ts'
import type { LeaseHolder } from '../model/lease.ts'
import { numberTail } from '../model/log.ts'
import { isEnded, type ProcessRecord, type ProcessRow } from '../model/record.ts'
import type { Started } from './direct.ts'
import type { ProcessView, StartReply } from './processes.ts'

/** Named one by one: a new field of the record is shown only after an engineer adds it here. */
const SHOWN = {
  id: true,
  kind: true,
  status: true,
  recovery: true,
  scope: true,
  provenance: true,
  limits: true,
  parent: true,
  startAt: true,
  concurrency: true,
  urgent: true,
  version: true,
  events: true,
  input: true,
  fence: true,
  seq: true,
  stalls: true,
  unread: true,
  failing: true,
  wait: true,
  dueAt: true,
  lease: true,
  cancel: true,
  abandon: true,
  children: true,
  output: true,
  retriedBy: true,
  createdAt: true,
  startedAt: true,
  endedAt: true,
} as const satisfies Record<keyof ProcessView, true>

export type Derived = Pick<ProcessView, 'lease' | 'unread' | 'failing'>

/** A record with what is derived from it for readers. */
export function withDerived(record: ProcessRecord, lease: LeaseHolder | undefined): ProcessRecord & Derived {
  const newest = isEnded(record) ? [] : numberTail(record)
  const unread = unreadSignals(newest)
  const failing = failingStep(newest)
  return {
    ...record,
    ...(lease === undefined ? {} : { lease }),
    ...(unread.length === 0 ? {} : { unread }),
    ...(failing === undefined ? {} : { failing }),
  }
}

/** What of a record anyone may see who may read it. Owners' tokens, hashes and the tail of the log stay behind. */
export function viewOf(record: ProcessRecord): ProcessView {
  const { dueAt, ...row }: ProcessRow & Derived = record
  // The `dueAt` of a running row is the end of its first grant: beside renewals it would look like a dead owner.
  const seen = record.status === 'running' || dueAt === undefined ? row : { ...row, dueAt }
  const shown = Object.entries(seen).filter(([key]) => Object.hasOwn(SHOWN, key))
  return Object.fromEntries(shown) as ProcessView
}

export function toStartReply(id: string, reply: Started | LeaseholdError): StartReply {
  return reply instanceof LeaseholdError
    ? { id, ok: false, error: reply }
    : { id, ok: true, created: reply.created, process: reply.record }
}
