import { createHash } from 'node:crypto'
import { LeaseholdError, RegistrationConflict } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import { isProcessId, parseProcessId, type ProcessId } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { ErrorFacts, Outcome } from '../model/log.ts'
import type { Output } from '../model/record.ts'
import type { Child, ChildOptions } from './context.ts'
import { parseWith, type ChildDefinition } from './definition.ts'
import { cancelledOutcome, never } from './place.ts'
import type { Run } from './run.ts'
import { toJson } from './serialise.ts'
import { settle } from './settle.ts'
import { keep } from './step.ts'

/** See `ProcessContext.start`. The child's row and its place in this log are written together. */
export async function start(
  run: Run,
  definition: ChildDefinition,
  input: unknown,
  options: ChildOptions = {},
): Promise<Child> {
  const json = toJson(input, `the input of ${definition.kind}`)
  const call = run.call('start', definition.kind)
  const outcome = await (run.recorded(call) ?? startNow(run, call, { definition, input: json, options }))
  const id = parseProcessId(childIn(await settle(run, call, outcome)).id)
  return { id, kind: definition.kind }
}

async function startNow(
  run: Run,
  call: ReturnType<Run['call']>,
  asked: { definition: ChildDefinition; input: Json; options: ChildOptions },
): Promise<Outcome> {
  const refused = await run.ready(call)
  if (refused !== undefined) {
    await run.record(call, refused)
    return refused
  }
  const id = childId(run.ports.id, call.position, asked.options.id)
  const value = { id, onEnd: asked.options.onParentEnd ?? 'cancel' }
  let outcome: Outcome = { ok: true, value: { value } }
  await run.record(call, outcome, async (entries) => {
    const reply = await startOrRefuse(run, { ...asked, id }, entries)
    if (reply === undefined) return
    // The child was refused: what was to be written with it is written with the refusal in its place.
    outcome = reply
    await run.ports.journal.commit([
      ...entries.slice(0, -1),
      { type: 'effect', at: run.ports.clock.now(), ...call, outcome },
    ])
  })
  return outcome
}

async function startOrRefuse(
  run: Run,
  child: Parameters<Run['ports']['journal']['startChild']>[1],
  entries: Parameters<Run['ports']['journal']['startChild']>[0],
): Promise<Outcome | undefined> {
  try {
    const reply = await run.ports.journal.startChild(entries, child)
    if (reply === 'started') return undefined
    if (reply === 'cancelled') return cancelledOutcome(run.ports.abortSignal.reason)
    const error = new RegistrationConflict({
      id: child.id,
      stored: 'another registration',
      asked: 'this child',
    })
    return { ok: false, error: factsOf(error, error.code) }
  } catch (error) {
    if (error instanceof LeaseholdError && error.next === 'end')
      return { ok: false, error: factsOf(error, error.code) }
    throw error
  }
}

/** See `ProcessContext.result`. */
export async function result(run: Run, child: Child, definition?: ChildDefinition): Promise<unknown> {
  const call = run.call('child', child.id)
  const recorded = run.recorded(call)
  const value =
    recorded === undefined ? await awaitChild(run, call, child.id) : await settle(run, call, await recorded)
  return definition === undefined
    ? (value ?? null)
    : parseWith(definition.output, value ?? null, `the output of ${child.id}`)
}

async function awaitChild(run: Run, call: ReturnType<Run['call']>, id: ProcessId): Promise<Json | undefined> {
  const refused = (await run.ready(call)) ?? (await untilEnded(run, call, id))
  if (refused !== undefined) {
    await run.record(call, refused)
    return settle(run, call, refused)
  }
  const ran = await outcomeOf(run, call, id)
  await run.record(call, ran.outcome)
  return settle(run, call, ran.outcome, ran)
}

/** Answers undefined once the child has ended, or an outcome where the wait was cancelled. */
async function untilEnded(
  run: Run,
  call: ReturnType<Run['call']>,
  id: ProcessId,
): Promise<Outcome | undefined> {
  const ended = (): Outcome | undefined => (run.inbox.children.has(id) ? { ok: true } : undefined)
  const outcome = await run.wait(
    { call, dueAt: () => undefined, look: ended, atDue: () => undefined },
    { begin: false },
  )
  return outcome.ok ? undefined : outcome
}

async function outcomeOf(
  run: Run,
  call: ReturnType<Run['call']>,
  id: ProcessId,
): Promise<Awaited<ReturnType<typeof keep>>> {
  try {
    const output = await run.ports.journal.childOutput(id)
    return output.outcome === 'success'
      ? await keep(run, call, output.value)
      : { outcome: { ok: false, error: failureOf(output) } }
  } catch (error) {
    run.fail(error)
    return never()
  }
}

function failureOf(output: Exclude<Output, { outcome: 'success' }>): ErrorFacts {
  switch (output.outcome) {
    case 'failure':
      return output.error
    case 'cancelled':
      return {
        class: 'ChildCancelled',
        code: 'child_cancelled',
        message: `it was cancelled: ${output.reason}`,
      }
    case 'abandoned':
      return {
        class: 'ChildAbandoned',
        code: 'child_abandoned',
        message: `it was abandoned: ${output.evidence.because}`,
      }
  }
}

/** Made from the parent's id and the place in its code, so that a re-run names the same child. */
function childId(parent: ProcessId, position: number, given: string | undefined): ProcessId {
  if (given !== undefined) return parseProcessId(given)
  const id = `${parent}.${position}`
  if (isProcessId(id)) return id
  // Nested deeper than an id is long: the hash keeps it unique, the beginning keeps it readable.
  return parseProcessId(
    `${parent.slice(0, 200)}.${createHash('sha256').update(id).digest('hex').slice(0, 40)}`,
  )
}

function childIn(value: Json | undefined): { id: unknown } {
  return typeof value === 'object' && value !== null && 'id' in value ? { id: value.id } : { id: undefined }
}
