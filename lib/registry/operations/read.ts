import { LeaseLost, UnknownProcess } from '../../model/errors.ts'
import type { Ownership, RunningRecord } from '../../model/ownership.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { ProcessRecord } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import { readRecord } from '../codec/rows.ts'
import type { Context } from './context.ts'
import { processKey } from '../codec/keys.ts'

export async function get(ctx: Context, id: ProcessId): Promise<ProcessRecord | undefined> {
  const item = await ctx.store.get(processKey(id))
  return item === undefined ? undefined : readRecord(item)
}

/** For clients. Throws `NoLongerRetained` after the retention. A parent can read its child as long as the row exists. */
export async function show(ctx: Context, id: ProcessId, by?: ProcessId): Promise<ProcessRecord | undefined> {
  const record = await get(ctx, id)
  if (record !== undefined && (by === undefined || record.parent?.id !== by)) expectShown(ctx, record)
  return record
}

export function expectShown(ctx: Context, record: ProcessRecord): void {
  if (ctx.clock !== undefined) expectKept(record, ctx.clock.now())
}

/** Throws `UnknownProcess`. */
export async function mustGet(ctx: Context, id: ProcessId): Promise<ProcessRecord> {
  const record = await get(ctx, id)
  if (record === undefined) throw new UnknownProcess({ id })
  return record
}

/** The process item as it stands, for an owner that got a notice. Throws `LeaseLost` where it is the owner no more. */
export async function refresh(ctx: Context, ownership: Ownership): Promise<Ownership> {
  const { lease } = ownership
  const record = await mustGet(ctx, lease.id)
  if (isHeldBy(record, ownership)) return { lease, row: record }
  const { id, fence } = lease
  throw new LeaseLost({ id, fence, because: `it is ${record.status} under fence ${record.fence}` })
}

export function isHeldBy(record: ProcessRecord, ownership: Ownership): record is RunningRecord {
  return record.status === 'running' && record.fence === ownership.lease.fence
}
