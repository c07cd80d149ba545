import pMap from 'p-map'
import { parseCallbackToken } from '../effects/callback.ts'
import type { AnyDefinition } from '../effects/definition.ts'
import type { Clock } from '../model/clock.ts'
import { defined } from '../model/defined.ts'
import { LeaseholdError, ProcessOpen, SignalRefused, UnknownProcess } from '../model/errors.ts'
import { parseProcessId, type ProcessId, type Seq } from '../model/ids.ts'
import { WATCH_EVERY_MS } from '../model/limits.ts'
import { STARTS_AT_ONCE } from '../model/limits-http.ts'
import { isEnded, type ProcessRecord } from '../model/record.ts'
import {
  repeatedOptions,
  toRegistration,
  type Registration,
  type RegistrationInput,
} from '../model/registration.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { Telemetry } from '../telemetry/port.ts'
import { expectToken, registrationAs } from '../effects/validate-start.ts'
import type { Wakeup, Doorbell } from '../queue/doorbell.ts'
import { wakeupOf, wakeupReaches, sendWakeups } from '../queue/wakeups.ts'
import { pause, type EventsPage } from './following.ts'
import type { RetryOptions } from './processes.ts'

// What both the direct client and the API do on the table and the queue.

export type DirectParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** A registration that has been checked, and the secret that goes with it where it is an external one. */
export type ValidStart = { readonly registration: Registration; readonly completionToken?: string }
export type StartResult = { readonly created: boolean; readonly record: ProcessRecord }

/** Registers a process and wakes it. */
export async function startOne(parts: DirectParts, valid: ValidStart): Promise<StartResult> {
  const { started, wakeup } = await registerOne(parts, valid)
  if (wakeup !== undefined) await sendWakeups(parts, [wakeup])
  return started
}

/** Starts many: each is answered by itself, in order, and all wake-ups go out together. */
export async function startAll(
  parts: DirectParts,
  admissions: readonly (() => Promise<ValidStart>)[],
): Promise<readonly (StartResult | LeaseholdError)[]> {
  const replies = await pMap(
    admissions,
    async (admission) => {
      try {
        return await registerOne(parts, await admission())
      } catch (error) {
        if (error instanceof LeaseholdError) return error
        throw error
      }
    },
    { concurrency: STARTS_AT_ONCE },
  )
  const wakeups = replies.flatMap((reply) =>
    reply instanceof LeaseholdError || reply.wakeup === undefined ? [] : [reply.wakeup],
  )
  await sendWakeups(parts, wakeups)
  return replies.map((reply) => (reply instanceof LeaseholdError ? reply : reply.started))
}

async function registerOne(
  { registry, clock, doorbell }: DirectParts,
  { registration, completionToken }: ValidStart,
): Promise<{ started: StartResult; wakeup: Wakeup | undefined }> {
  expectToken(registration, completionToken)
  const now = clock.now()
  const dueAt = Math.max(now, registration.startAt ?? 0)
  // No worker runs an external process, so no wake-up is sent.
  const wakeupScheduled = registration.recovery !== 'external' && wakeupReaches(doorbell, dueAt, now)
  const token = completionToken === undefined ? {} : { completionToken }
  const started = await registry.register(registration, { now, wakeupScheduled, ...token })
  // Also for a repetition: the caller of the first one may have died before its wake-up.
  const unbegun = started.created || started.record.status === 'pending'
  const wakeup = unbegun && wakeupScheduled ? wakeupOf(started.record, dueAt - now) : undefined
  return { started, wakeup }
}

/** Starts an ended process again, and wakes it. Throws `UnknownProcess`, `ProcessOpen`, and as `startOne`. */
export async function retryOne(
  parts: DirectParts,
  definitions: ReadonlyMap<string, AnyDefinition>,
  id: ProcessId,
  options: RetryOptions,
): Promise<StartResult> {
  const raw = await retryOf(parts.registry, definitions, id, options.id)
  const { completionToken } = options
  const token = completionToken === undefined ? {} : { completionToken }
  const started = await startOne(parts, { registration: toRegistration(raw), ...token })
  // Also for a repetition: the caller of the first one may have died in between.
  await parts.registry.markRetried(id, started.record.id)
  return started
}

/**
 * What the retry of an ended process registers: the same again under a new id. Where its definition is at hand, that
 * says what it says today; else what was recorded stands. Throws `UnknownProcess`, `ProcessOpen`.
 */
async function retryOf(
  registry: ProcessRegistry,
  definitions: ReadonlyMap<string, AnyDefinition>,
  id: ProcessId,
  newId: string | undefined,
): Promise<RegistrationInput> {
  const record = await registry.get(id)
  if (record === undefined) throw new UnknownProcess({ id })
  if (!isEnded(record)) throw new ProcessOpen({ id, status: record.status, asked: 'retry' })
  const { kind, version, events, recovery, provenance } = record
  const raw: RegistrationInput = {
    // No character that signers encode in different ways: its path is asked for with IAM.
    id: newId ?? `${id}.retry`,
    kind,
    input: await registry.load(id, record.input),
    recovery,
    provenance: { ...provenance, retryOf: id },
    ...repeatedOptions(record),
  }
  const definition = definitions.get(kind)
  // The recorded input is what a schema made already.
  return definition === undefined ? defined({ ...raw, version, events }) : registrationAs(definition, raw)
}

/** The record of a process after its end, or as it is when the wait times out. Throws `UnknownProcess`. */
export async function untilEnded(
  { registry, clock }: Pick<DirectParts, 'registry' | 'clock'>,
  id: ProcessId,
  waitMs: number,
): Promise<ProcessRecord> {
  const endsAt = clock.now() + waitMs
  for (;;) {
    const record = await registry.get(id)
    if (record === undefined) throw new UnknownProcess({ id })
    const leftMs = endsAt - clock.now()
    if (isEnded(record) || leftMs <= 0) return record
    await pause(clock, Math.min(WATCH_EVERY_MS, leftMs))
  }
}

/**
 * The entries above `after`: as soon as there are any, the process has ended, or the wait times out. One read if there are
 * some, and one more for each look that finds none. Throws `UnknownProcess`.
 */
export async function nextEvents(
  { registry, clock }: Pick<DirectParts, 'registry' | 'clock'>,
  id: ProcessId,
  at: { after: Seq; limit?: number; waitMs: number; signal?: AbortSignal },
): Promise<EventsPage> {
  const endsAt = clock.now() + at.waitMs
  for (;;) {
    const events = await registry.eventsAfter(id, at.after, at.limit)
    if (events.length > 0) return { events, ended: events.at(-1)?.type === 'end' }
    const record = await registry.get(id)
    // The end is the last entry: after it there is nothing to wait for.
    if (record === undefined || (isEnded(record) && record.seq <= at.after)) return { events, ended: true }
    const leftMs = endsAt - clock.now()
    if (leftMs <= 0 || at.signal?.aborted === true) return { events, ended: false }
    if (record.seq <= at.after) await pause(clock, Math.min(WATCH_EVERY_MS, leftMs), at.signal)
  }
}

/** The parts of a callback's token. Throws `SignalRefused` where it is none. */
export function readToken(token: string, what: string): { id: ProcessId; position: number; secret: string } {
  const parts = parseCallbackToken(token)
  if (parts === undefined)
    throw new SignalRefused({ id: 'the callback', asked: what, because: 'the text is not a callback token' })
  return { ...parts, id: parseProcessId(parts.id) }
}
