import type { EpochMs } from '../../model/clock.ts'
import { RegistrationConflict } from '../../model/errors.ts'
import { planStartChild, type Ownership, type StartChildReply } from '../../model/ownership.ts'
import { differencesOf } from '../../model/conflict.ts'
import { invariant } from '../../model/invariant.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { Entry } from '../../model/log.ts'
import { isEnded, type ProcessRecord, type ProcessRow } from '../../model/record.ts'
import { registrationHash, toRegistration, type Registration } from '../../model/registration.ts'
import { expectKept } from '../../model/retention.ts'
import { encodeRow, readRecord } from '../codec/rows.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { processKey } from '../codec/keys.ts'
import { writeAttempts, lost } from './owner-writes.ts'
import { NOT_THERE } from '../codec/plans.ts'
import { get } from './read.ts'
import { openRow, discardInput } from './register.ts'
import type { Write } from '../store/store.ts'

/**
 * Registers a child and records its start in its parent, both or neither: the parent is held under this fence and not
 * asked to cancel (C6). So no child is without a parent that knows it, and none slips in while a tree is cancelled.
 *
 * 1. P starts P.1, both end, and each notifies the other. 2. P's row expires; P.1 is kept for longer. 3. A new P starts P.1
 * again, which is registered and has ended: P.1 will never notify again. So the write that starts it records its end too
 * (C66). Throws `NoLongerRetained` after that child's retention.
 */
export async function startChild(
  ctx: Context,
  ownership: Ownership,
  entries: readonly Entry[],
  child: Registration,
  now: EpochMs,
): Promise<StartChildReply> {
  const { id: parent } = ownership.lease
  invariant(child.parent?.id === parent, 'a child is registered under the parent that starts it', { parent })
  const { made: _made, ...given } = child
  const asked = registrationHash(toRegistration(given))
  const conflict = (held: Ownership, found: ProcessRecord, row?: ProcessRow): StartChildReply => {
    const differ = row === undefined ? '' : differencesOf(found, row)
    const startedBy = found.parent?.id ?? 'no process'
    const facts = { id: child.id, stored: found.hash, asked, differ, startedBy }
    return { started: false, because: 'conflict', error: new RegistrationConflict(facts), ownership: held }
  }
  if (child.id === parent) return conflict(ownership, ownership.row)
  const row = await openRow(ctx, child, { now, wakeupScheduled: true })
  let held = ownership
  /** The child is there already, by the same registration: only its start is left to be recorded, and its end if it has. */
  let stands: ProcessRecord | undefined
  return raced<StartChildReply>({ id: parent, operation: 'the start of a child' }, async () => {
    const known = stands === undefined ? entries : [...entries, ...endEntryOf(stands, now)]
    const attempt = writeAttempts(ctx, ownership, {
      operation: 'start',
      entries: known,
      leaves: ['running'],
      plan: (at, roll) => planStartChild(at, known, roll),
      beside: [stands ? isThere(row.id) : { do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE }],
    })
    const attempted = await attempt(held)
    if (attempted.applied) {
      if (attempted.repeated) await expectThere(ctx, ownership, row)
      return { started: true, ownership: ownershipOn(ownership, attempted.record) }
    }
    const [refusal] = attempted.beside
    held = attempted.held
    if (held.row.cancel !== undefined) {
      await discardInput(ctx, row, undefined, now)
      return { started: false, because: 'cancelled', ownership: held }
    }
    const found = refusal?.found === undefined ? undefined : readRecord(refusal.found)
    if (found !== undefined) await discardInput(ctx, row, found, now)
    if (found !== undefined && found.hash !== row.hash) return conflict(held, found, row)
    if (found !== undefined) expectKept(found, now)
    if (refusal !== undefined) stands = found
    return LOST_RACE
  })
}

/** The end of a child that ended before its parent asked for it: the child will never notify its parent again. */
function endEntryOf(child: ProcessRecord, now: EpochMs): readonly Entry[] {
  return isEnded(child) ? [{ type: 'child', at: now, id: child.id, status: child.status }] : []
}

function isThere(id: ProcessId): Write {
  return { do: 'check', key: processKey(id), when: { attr: 'pk', is: processKey(id).pk } }
}

/** One commit on, with the same entries: it was this start only if the child is there. */
async function expectThere(ctx: Context, ownership: Ownership, row: ProcessRow): Promise<void> {
  const child = await get(ctx, row.id)
  if (child?.hash !== row.hash) throw lost(ownership, 'another write of its owner went before this one')
}

function ownershipOn({ lease }: Ownership, row: ProcessRecord): Ownership {
  invariant(row.status === 'running', 'the start of a child leaves its parent running', { id: row.id })
  return { lease, row }
}
