import { LeaseholdError } from '../model/errors.ts'
import { failingStep, unreadSignals } from '../model/journal.ts'
import type { LeaseHolder } from '../model/lease.ts'
import { numberTail } from '../model/log.ts'
import { isEnded, type ProcessRecord, type ProcessRow } from '../model/record.ts'
import type { StartResult } from './direct.ts'
import { PUBLIC_FIELDS, type ProcessView, type StartReply } from './processes.ts'

export type Derived = Pick<ProcessView, 'lease' | 'unread' | 'failing'>
const VISIBLE: ReadonlySet<string> = new Set([...PUBLIC_FIELDS, 'lease', 'unread', 'failing'])

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
  const fields = Object.entries(seen).filter(([key]) => VISIBLE.has(key))
  return Object.fromEntries(fields) as ProcessView
}

export function toStartReply(id: string, reply: StartResult | LeaseholdError): StartReply {
  return reply instanceof LeaseholdError
    ? { id, ok: false, error: reply }
    : { id, ok: true, created: reply.created, process: reply.record }
}
