import * as v from 'valibot'
import type { ProcessContext, StepContext } from '../../../lib/effects/context.ts'
import { defineProcess, type ProcessDefinition } from '../../../lib/effects/definition.ts'
import { ChildFailed, StepFailed, StepInterrupted, WaitTimedOut } from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import { RecordedError } from '../../../lib/model/recorded-error.ts'
import {
  START_AT,
  type CodeHost,
  type Load,
  type Request,
  type StartExtras,
  type TokenUse,
} from '../world/scenario.ts'
import {
  answerOf,
  branchOf,
  cleanUpOf,
  completionOf,
  failureOf,
  idAt,
  kindOf,
  openingOf,
  payloadOf,
  placeOf,
  textOf,
  tokenOf,
  type Ask,
  type ChildPlan,
  type Kind,
  type Line,
  type Plan,
  type ProcessPlan,
  type Program,
  type RootPlan,
} from './program.ts'

type Input = Pick<ProcessPlan, 'program' | 'throws'> & { readonly at: string }
const INPUT = v.unknown() as unknown as v.GenericSchema<Input, Input>
const OUTPUT = v.unknown() as unknown as v.GenericSchema<unknown, Json>
type Definition = ProcessDefinition<typeof INPUT, typeof OUTPUT>

/** Its output is another each time, and a later deploy takes no output of it: it must run once for each process. */
function madeAnew({ hostProcess, version }: CodeHost): typeof INPUT {
  let made = 0
  return v.pipe(
    INPUT,
    v.check((input) => version === 0 || !('made' in input)),
    v.check((input) => !('misfits' in input)),
    v.transform((input) => ({ ...input, made: `${hostProcess}/${made++}` })),
  )
}
type Definitions = Readonly<Record<Kind, Definition>>

/** A plan as a world runs it. */
export function loadOf(plan: Plan): Load {
  return {
    definitions: (host) => Object.values(definitionsOf(host)),
    requests: plan.asks.flatMap((ask) => requestOf(plan, ask)),
    whenStuck: plan.whenStuck ?? [],
  }
}

function requestOf({ roots }: Plan, ask: Ask): Request[] {
  const { process, atMs } = ask
  // These two texts are data of the worlds: with another text a request that names it would meet other faults.
  if (ask.do === 'cancel') return [{ do: 'cancel', process, atMs, reason: 'somebody asked' }]
  if (ask.do === 'abandon') return [{ do: 'abandon', process, atMs, reason: 'somebody gave it up' }]
  if (ask.do === 'complete') return [completionFrom(ask)]
  if (ask.do === 'list') {
    const { by, limit, status } = ask
    return [
      { do: 'list', process, atMs, query: { ...by, limit, ...(status === undefined ? {} : { status }) } },
    ]
  }
  if (ask.do === 'misstart') return [misstartOf(ask)]
  if (ask.do === 'signal') {
    const { name, key } = ask
    return [{ do: 'signal', process, atMs, name, key, payload: payloadOf(ask) }]
  }
  const root = roots.find(({ id }) => id === process)
  if (root === undefined) return []
  const input = inputOf(root, root.id)
  const options = optionsOf(root)
  return [{ do: 'start', process, atMs, kind: kindOf(root), input, byMessage: ask.byMessage, options }]
}

function misstartOf({ process, atMs, why, startAtMs }: Extract<Ask, { do: 'misstart' }>): Request {
  const isKind = why === 'kind'
  const input = { program: [], throws: false, at: process, ...(isKind ? {} : { misfits: true }) }
  const options = startAtMs === undefined ? {} : { startAt: START_AT + startAtMs }
  const kind = isKind ? 'nowhere' : 'steady'
  return { do: 'start', process, atMs, kind, input, byMessage: true, options, isRefused: true }
}

function completionFrom(ask: Extract<Ask, { do: 'complete' }>): Request {
  const { process, atMs, fails, forged } = ask
  const token = forged ? tokenOf(`${process}?`) : tokenOf(process)
  return { do: 'complete', process, atMs, token, says: completionOf(ask), fails }
}

function optionsOf({ id, slot, external, options = {} }: RootPlan): StartExtras {
  const { startAtMs, scope, urgent, timeoutMs, retentionMs } = options
  const limits = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
  }
  return {
    ...(slot === undefined ? {} : { concurrency: slot }),
    ...(startAtMs === undefined ? {} : { startAt: START_AT + startAtMs }),
    ...(scope === undefined ? {} : { scope }),
    ...(urgent === undefined ? {} : { urgent }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(external === undefined ? {} : { completionToken: tokenOf(id) }),
  }
}

function inputOf({ program, throws }: ProcessPlan, at: string): Input & Json {
  return { program, throws, at } as unknown as Input & Json
}

/** Its limits would be part of what is registered, and it may be registered where it is not deployed. */
const OUTER: Definition = defineProcess({
  kind: 'outer',
  recovery: 'external',
  input: INPUT,
  output: OUTPUT,
  run: () => Promise.reject(new Error('no worker runs an external process here')),
})

function definitionsOf(host: CodeHost): Definitions {
  const input = madeAnew(host)
  const definition = (kind: Kind, recovery: 'rerun' | 'abandon'): Definition =>
    defineProcess({
      kind,
      recovery,
      input,
      output: OUTPUT,
      // Faults come far more often than in life, and a process that never gets far is not what is looked for.
      limits: { maxStalls: 1_000 },
      async run(context, got) {
        const { program, throws, at } = got
        const { made } = got as { made?: string }
        host.record({ kind: 'got-input', by: host.hostProcess, process: context.id, input: `${at} ${made}` })
        const values = await new Performer(host, definitions, context).program(program, at)
        host.record({ kind: 'ran-to-end', by: host.hostProcess, process: context.id })
        if (throws) throw new Error('as planned')
        return values
      },
    })
  const definitions = {
    steady: definition('steady', 'rerun'),
    frail: definition('frail', 'abandon'),
    outer: OUTER,
  }
  return definitions
}

/** One run of one process. */
class Performer {
  readonly #host: CodeHost
  readonly #definitions: Definitions
  readonly #context: ProcessContext
  /** Signals that this run was given, by name. */
  readonly #taken = new Map<string, number>()

  constructor(host: CodeHost, definitions: Definitions, context: ProcessContext) {
    this.#host = host
    this.#definitions = definitions
    this.#context = context
  }

  async program(program: Program, at: string): Promise<Json> {
    const values: Json[] = []
    for (const [index, line] of program.entries()) values.push(await this.#line(line, placeOf(at, index)))
    return values
  }

  async #line(line: Line, place: string): Promise<Json> {
    const context = this.#context
    switch (line.do) {
      case 'step':
        return this.#step(line, place)
      case 'once':
        return unless(StepInterrupted, 'interrupted', () =>
          context.step(place, this.#body(place, textOf(place, line.bytes)), { semantics: 'at-most-once' }),
        )
      case 'sleep':
        await context.sleep({ ms: line.ms }, place)
        return null
      case 'signal':
        return this.#signal(line)
      case 'callback':
        return this.#callback(line, place)
      case 'emit':
        await context.emit(place, textOf(place, line.bytes))
        return null
      case 'draw': {
        const drawn = context[line.what]()
        return [drawn, await context.step(place, this.#body(place, drawn))]
      }
      case 'patched':
        if (this.#host.version > 0 && context.patched(place))
          await context.step(`${place}+`, this.#body(`${place}+`, 'new'))
        return null
      case 'child':
        return this.#child(line.child, place)
      case 'clash':
        return this.#clash(line, place)
      case 'twice':
        return this.#twice(line, place)
      case 'flood': {
        const text = textOf(place, line.bytes)
        await Promise.all(Array.from({ length: line.count }, () => context.emit(place, text)))
        return null
      }
      case 'shaky': {
        const isRenamed = this.#host.isBad && this.#host.isRecorded(context.id, place)
        const name = isRenamed ? `${place}!` : place
        return context.step(name, this.#body(name, place))
      }
      case 'start': {
        const options = { ...idOf(line.child, place), onParentEnd: line.onParentEnd }
        await context.start(this.#definitions[kindOf(line.child)], inputOf(line.child, place), options)
        return null
      }
      case 'together': {
        const tasks = line.branches.map(
          (branch, nth) => (): Promise<Json> => this.program(branch, branchOf(place, nth)),
        )
        return context.all(tasks, line.atOnce === undefined ? {} : { concurrency: line.atOnce })
      }
      case 'limited':
        return this.#limited(line, place)
      case 'until':
        await context.sleepUntil(START_AT + line.atMs, place)
        return null
      case 'gather':
        return this.#gather(line, place)
      case 'guarded':
        return this.#guarded(line, place)
    }
  }

  /** Branches on the error of a step that fails for good: another branch asks for an effect that no model foresees. */
  async #step(line: Extract<Line, { do: 'step' }>, place: string): Promise<Json> {
    const { tries, delayMs, bytes } = line
    const retry = { maxAttempts: tries, initialDelay: { ms: delayMs }, maxDelay: { hours: 1 } }
    try {
      return await this.#context.step(place, this.#body(place, textOf(place, bytes), line), { retry })
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      if (!isAsRecorded(error)) await this.#context.step(`${place} met another error`, () => null)
      return 'failed'
    }
  }

  #body(
    effect: string,
    value: Json,
    { fails = 0, takesMs = 0 }: { readonly fails?: number; readonly takesMs?: number } = {},
  ): (step: StepContext) => Json | Promise<Json> {
    const { hostProcess: by, record, clock } = this.#host
    return async ({ attempt }) => {
      record({ kind: 'body', by, process: this.#context.id, effect, attempt, clockAt: clock.now() })
      if (takesMs > 0) await new Promise<void>((resolve) => void clock.after(takesMs, resolve))
      if (attempt <= fails) throw new Planned(attempt)
      return value
    }
  }

  /** What its body came to, or the code that the step failed with. */
  async #limited(line: Extract<Line, { do: 'limited' }>, place: string): Promise<Json> {
    const { takesMs, timeoutMs, tries, heeds } = line
    const options = {
      retry: { maxAttempts: tries, initialDelay: { ms: 200 } },
      timeout: { ms: timeoutMs },
    }
    const body = this.#body(place, textOf(place, 5), { takesMs })
    try {
      return await this.#context.step(
        place,
        (step) => (heeds ? Promise.race([body(step), firing(step.abortSignal)]) : body(step)),
        options,
      )
    } catch (error) {
      if (error instanceof StepFailed) return error.error.code
      throw error
    }
  }

  async #gather(line: Extract<Line, { do: 'gather' }>, place: string): Promise<Json> {
    const context = this.#context
    const { branches, settle, how, atOnce } = line
    const branch = async (nth: number): Promise<Json> => {
      const at = branchOf(place, nth)
      const values = await this.program(branches[nth]?.program ?? [], at)
      if (branches[nth]?.fails === true) {
        const body = this.#body(failureOf(at), null, { fails: 1 })
        await context.step(failureOf(at), body)
      }
      return values
    }
    const numbers = branches.map((_, nth) => nth)
    const tasks = numbers.map((nth) => () => branch(nth))
    const options = atOnce === undefined ? {} : { concurrency: atOnce }
    if (!settle) return how === 'all' ? context.all(tasks, options) : context.map(numbers, branch, options)
    const settling = { ...options, onFailure: 'settle' } as const
    const settled = await (how === 'all'
      ? context.all(tasks, settling)
      : context.map(numbers, branch, settling))
    return settled.map((each): Json => {
      if (each.status === 'fulfilled') return ['fulfilled', each.value]
      // A cancel, or the end of the process's time: that is no failure of the branch.
      if (!(each.reason instanceof StepFailed)) throw each.reason
      return ['rejected', each.reason.error.message]
    })
  }

  /** A `finally` would do as well: a run that parks in its lines comes to it in a later run. */
  async #guarded({ program, cleanUp }: Extract<Line, { do: 'guarded' }>, place: string): Promise<Json> {
    const context = this.#context
    await context.step(openingOf(place), this.#body(openingOf(place), null))
    const clean = (): Promise<Json> => context.shield(() => this.program(cleanUp, cleanUpOf(place)))
    let values: Json
    try {
      values = await this.program(program, branchOf(place, 0))
    } catch (error) {
      await clean()
      throw error
    }
    return [values, await clean()]
  }

  #signal({ name, timeoutMs }: Extract<Line, { do: 'signal' }>): Promise<Json> {
    return unless(WaitTimedOut, 'timed out', async () => {
      const context = this.#context
      const timeout = timeoutMs === undefined ? {} : { timeout: { ms: timeoutMs } }
      const payload = await context.signal(name, timeout)
      const nth = this.#taken.get(name) ?? 0
      this.#taken.set(name, nth + 1)
      const { hostProcess: by, record } = this.#host
      record({ kind: 'took-signal', by, process: context.id, name, nth, payload: JSON.stringify(payload) })
      return payload
    })
  }

  async #twice({ child, restMs }: Extract<Line, { do: 'twice' }>, place: string): Promise<Json> {
    const options = { id: idAt(place) }
    await this.#context.start(this.#definitions[kindOf(child)], inputOf(child, place), options)
    await this.#context.sleep({ ms: restMs }, `${place}~`)
    return this.#child(child, place)
  }

  async #clash({ child, bytes }: Extract<Line, { do: 'clash' }>, place: string): Promise<Json> {
    const { steady } = this.#definitions
    const options = { id: idAt(place), onParentEnd: 'leave' } as const
    await this.#context.start(steady, inputOf(child, place), options)
    await this.#context.emit(place, textOf(place, bytes))
    try {
      await this.#context.start(steady, inputOf(child, `${place}/another`), options)
    } catch (error) {
      if (failsWith('registration_conflict', error)) return 'taken'
      throw error
    }
    return 'started twice'
  }

  /** The token goes out in a step, as users are told to give it away. */
  async #callback(line: Extract<Line, { do: 'callback' }>, place: string): Promise<Json> {
    const context = this.#context
    const { timeoutMs, restMs, heartbeatMs } = line
    const timeout = timeoutMs === undefined ? {} : { timeout: { ms: timeoutMs } }
    const heartbeat = heartbeatMs === undefined ? {} : { heartbeatTimeout: { ms: heartbeatMs } }
    const callback = await context.callback(place, { ...timeout, ...heartbeat })
    const body = this.#body(`${place}?`, 'given')
    await context.step(`${place}?`, async (step) => {
      const given = await body(step)
      this.#give(line, place, callback.token)
      return given
    })
    if (restMs !== undefined) await context.sleep({ ms: restMs }, `${place}~`)
    return unless(WaitTimedOut, 'timed out', async () => {
      const answer = await callback.result().then(
        (value) => ({ value, says: JSON.stringify(value) }),
        (error: unknown) => {
          if (!(error instanceof StepFailed)) throw error
          const says = `failed: ${error.error.message}`
          return { value: says, says }
        },
      )
      const { hostProcess: by, record } = this.#host
      record({ kind: 'took-answer', by, process: context.id, name: place, answer: answer.says })
      return answer.value
    })
  }

  #give({ answers, beatsMs = [] }: Extract<Line, { do: 'callback' }>, place: string, token: string): void {
    const { hostProcess: by, record, give } = this.#host
    const process = this.#context.id
    record({ kind: 'gave-token', by, process, name: place, token })
    const uses = answers.map((answer): TokenUse => {
      const { afterMs, fails, forged } = answer
      return { afterMs, fails, forged, says: answerOf(place, answer) }
    })
    give({ process, name: place, token, uses, beatsMs })
  }

  async #child(child: ChildPlan, place: string): Promise<Json> {
    try {
      const definition = this.#definitions[kindOf(child)]
      return ['done', await this.#context.run(definition, inputOf(child, place), idOf(child, place))]
    } catch (error) {
      if (error instanceof ChildFailed) return ['failed', error.error.code]
      throw error
    }
  }
}

/** Rejects when the signal fires. */
function firing(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fired = (): void => reject(signal.reason as Error)
    if (signal.aborted) fired()
    else signal.addEventListener('abort', fired, { once: true })
  })
}

/** What a body throws that is to fail. It has a field that is not recorded. */
class Planned extends Error {
  override readonly name = 'Planned'
  readonly code = 'E_PLANNED'
  readonly status = 503
  readonly attempt: number
  constructor(attempt: number) {
    super(`attempt ${attempt}`, { cause: Object.assign(new Error('below'), { code: 'E_BELOW' }) })
    this.attempt = attempt
  }
}

/** Is the error all that the log holds of a `Planned`, and no more than that? */
function isAsRecorded({ error, cause }: StepFailed): boolean {
  if (!(cause instanceof RecordedError) || !(cause.cause instanceof RecordedError)) return false
  const { name, code, status } = cause
  const told = [name, code, status, cause.cause.code, error.class, error.cause?.code, 'attempt' in cause]
  return told.join() === 'Planned,E_PLANNED,503,E_BELOW,Planned,E_BELOW,false'
}

function failsWith(code: string, error: unknown): boolean {
  return error instanceof StepFailed && error.error.code === code
}

function idOf({ named }: ChildPlan, place: string): { readonly id?: string } {
  return named ? { id: idAt(place) } : {}
}

/** What an effect comes to, or that it failed in the one way that the line foresees. */
async function unless(
  foreseen: abstract new (...args: never[]) => Error,
  instead: string,
  effect: () => Promise<Json>,
): Promise<Json> {
  try {
    return await effect()
  } catch (error) {
    if (error instanceof foreseen) return instead
    throw error
  }
}
