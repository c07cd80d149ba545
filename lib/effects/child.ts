import { createHash } from 'node:crypto'
import {
  EffectRefused,
  InvalidInput,
  LeaseholdError,
  NoLongerRetained,
  UnknownProcess,
} from '../model/errors.ts'
import { factsOf, isEnd } from '../model/failure.ts'
import { isProcessId, parseProcessId, type ProcessId } from '../model/ids.ts'
import { expectOptions, type Options } from '../model/options.ts'
import { ON_PARENT_END, START_OPTIONS, type Concurrency } from '../model/registration.ts'
import type { Json } from '../model/json.ts'
import type { Outcome } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { Output } from '../model/record.ts'
import type { Child, ChildOptions } from './context.ts'
import type { ChildDefinition } from './context.ts'
import { cancelledOutcome, never } from './engine/effect-scope.ts'
import type { Run } from './engine/run.ts'
import { toJson } from '../model/serialise.ts'
import { finish, deliverOutcome } from './deliver.ts'
import type { LoadedOutcome } from './loaded-outcome.ts'
import { keep } from './step.ts'

/** What a registration says is checked with it. */
const { provenance: _ofParent, ...CHILD_OPTIONS } = START_OPTIONS
const OPTIONS: Options<ChildOptions> = { id: 'text', onParentEnd: ON_PARENT_END, ...CHILD_OPTIONS }

/** See `ProcessContext.start`. The child's row and its place in this log are written together. */
export async function start(
  run: Run,
  definition: ChildDefinition,
  input: unknown,
  options: ChildOptions = {},
  awaited = false,
): Promise<Child> {
  expectOptions(`the start of ${definition.kind}`, options, OPTIONS)
  const json = toJson(input, `the input of ${definition.kind}`)
  if (options.id !== undefined) parseProcessId(options.id)
  const call = run.call('start', definition.kind)
  const loaded = await (run.recorded(call) ??
    startNow(run, call, { definition, input: json, options, awaited }))
  const { id: recorded, behind } = childIn(deliverOutcome(run, call, loaded))
  const id = parseProcessId(recorded)
  run.children.set(id, { behind: behind === true })
  return { id, kind: definition.kind }
}

/** See `ProcessContext.run`. */
export async function startAndAwait(
  run: Run,
  definition: ChildDefinition,
  input: unknown,
  options?: ChildOptions,
): Promise<unknown> {
  const { asked } = run.sites
  const child = await start(run, definition, input, options, true)
  run.sites.asked = asked
  return await result(run, child)
}

async function startNow(
  run: Run,
  call: ReturnType<Run['call']>,
  asked: { definition: ChildDefinition; input: Json; options: ChildOptions; awaited: boolean },
): Promise<LoadedOutcome> {
  const refused = await run.ready(call)
  if (refused !== undefined) return run.record(call, refused)
  const id = childId(run.ports.id, call.position, asked.options.id)
  const { onParentEnd: onEnd = 'cancel', concurrency } = asked.options
  const held = run.ports.concurrency
  const behind = held !== undefined && concurrency?.limit === 1 && concurrency.key === held.key
  if (behind && (asked.awaited || onEnd !== 'leave')) return run.record(call, neverBegins(id, concurrency))
  const value = { id, onEnd, ...(behind ? { behind } : {}) }
  const outcome: Outcome = { ok: true, value: { value } }
  return run.record(call, outcome, {
    async write(entries) {
      const refusal = await startOrRefuse(run, { ...asked, id, site: run.sites.of(call) }, entries)
      if (refusal === undefined) return outcome
      // What was to be written with the child is written with the refusal in its place.
      const entry = { type: 'effect', at: run.ports.clock.now(), ...call, outcome: refusal } as const
      await run.ports.journal.commit([...entries.slice(0, -1), entry])
      return refusal
    },
  })
}

/**
 * NO PROCESS WAITS FOR ITSELF: a place under a key is held until its process has ended, so a child that needs the only one
 * begins after its parent's end. A parent that awaited it would wait for ever, and one that ends would cancel it unbegun.
 * With more places it depends on who holds the others: the worker of a child that has to wait looks for that.
 */
function neverBegins(id: ProcessId, { key }: Concurrency): Outcome {
  const message = `its parent holds the one place of ${key} until it has ended: give the child another key or a higher limit, or leave it behind with onParentEnd leave and await no result`
  const issues = [{ path: 'concurrency.key', message }]
  const error = new InvalidInput({ what: `child ${id}`, issues })
  return { ok: false, error: factsOf(error, error.code) }
}

async function startOrRefuse(
  run: Run,
  child: Parameters<Run['ports']['journal']['startChild']>[1],
  entries: Parameters<Run['ports']['journal']['startChild']>[0],
): Promise<Outcome | undefined> {
  try {
    const reply = await run.ports.journal.startChild(entries, child)
    if (reply === 'started') return undefined
    if (reply === 'cancelled') return refusedBy(run.ports.abortSignal.reason)
    return { ok: false, error: factsOf(reply, reply.code) }
  } catch (error) {
    if (error instanceof LeaseholdError && error.next === 'end')
      return { ok: false, error: factsOf(error, error.code) }
    throw error
  }
}

/**
 * The run's signal fires once, and not only for what ends the process: where it has fired for the loss of the lease, or for
 * its host, the cancel is the next run's to see. Recorded as a refusal, that reason would be an end that is none.
 */
function refusedBy(reason: unknown): Outcome {
  if (isEnd(reason)) return cancelledOutcome(reason)
  throw reason
}

/** See `ProcessContext.result`. The child's own worker ran the output's schema: here no schema decides again. */
export async function result(run: Run, child: Child): Promise<unknown> {
  const id = parseProcessId(child.id)
  // Only the parent of a process gets its end: a wait for any other process would never end.
  const started = run.children.get(id)
  const because =
    started === undefined
      ? 'this process has not started it'
      : 'it begins after this process has ended, which holds the one place of its concurrency key'
  if (started === undefined || started.behind)
    throw new EffectRefused({ effect: `the result of ${id}`, because })
  const call = run.call('child', id)
  const recorded = run.recorded(call)
  const value =
    recorded === undefined ? await awaitChild(run, call, id) : deliverOutcome(run, call, await recorded)
  return value ?? null
}

async function awaitChild(run: Run, call: ReturnType<Run['call']>, id: ProcessId): Promise<Json | undefined> {
  const refused = (await run.ready(call)) ?? (await untilEnded(run, call, id))
  if (refused !== undefined) return await finish(run, call, refused)
  const { outcome, ...hand } = await outcomeOf(run, call, id)
  return await finish(run, call, outcome, hand)
}

/** Answers undefined once the child has ended, or an outcome where the wait was cancelled. */
async function untilEnded(
  run: Run,
  call: ReturnType<Run['call']>,
  id: ProcessId,
): Promise<Outcome | undefined> {
  const ended = (): Outcome | undefined => (run.inbox.children.has(id) ? { ok: true } : undefined)
  const outcome = await run.wait(
    {
      call,
      takes: { kind: 'child', what: id },
      dueAt: () => undefined,
      look: ended,
      atDue: () => undefined,
    },
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
    // Ended, and no longer kept: that can be told. Anything else is the store's, and says nothing about the child.
    if (error instanceof UnknownProcess || error instanceof NoLongerRetained)
      return { outcome: { ok: false, error: factsOf(error, error.code) } }
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
        message: output.reason === undefined ? 'it was cancelled' : `it was cancelled: ${output.reason}`,
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

function childIn(value: Json | undefined): { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
