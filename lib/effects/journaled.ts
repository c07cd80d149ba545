import { assembled, now, patched, random, uuid } from './context.assemble.ts'
import { callback } from './callback.ts'
import { result, start } from './child.ts'
import type { ProcessContext } from './context.ts'
import type { EffectController, RunEffects, RunPorts } from './controller.ts'
import { emit } from './emit.ts'
import { all, map } from './parallel.ts'
import { effectPromises, never } from './engine/effect-scope.ts'
import { Run } from './engine/run.ts'
import { expectConfig } from '../model/options.ts'
import { signal } from './signal.ts'
import { sleep, sleepUntil } from './sleep.ts'
import { step } from './step.ts'

/**
 * The durable controller: an effect whose outcome is in the log is not run again, any other is run and recorded under
 * the owner's fence. Effects are matched by the order in which the code asks for them, and by name.
 */
export class JournaledEffectController implements EffectController {
  readonly name = 'JournaledEffectController'
  readonly durable: boolean

  /** `durable: false` journals without the promise: for tests and simulation on a registry in memory. */
  constructor(options: { durable: boolean } = { durable: true }) {
    expectConfig(options, { durable: 'flag' })
    this.durable = options.durable
  }

  begin(ports: RunPorts): RunEffects {
    const run = new Run(ports)
    return {
      context: contextOf(run),
      stopped: run.stopped,
      close: (how) => run.close(how),
      interrupted: () => run.interrupted(),
    }
  }
}

/** The context over a run. Each method's promise stands at `ProcessContext`; each effect's code in its own file. */
function contextOf(run: Run): ProcessContext {
  const effects = {
    step: (name, body, options) => given(run, () => step(run, name, body, options)),
    sleep: (duration, name = 'sleep') => given(run, () => sleep(run, duration, name)),
    sleepUntil: (at, name = 'sleep') => given(run, () => sleepUntil(run, at, name)),
    signal: (name, options) => given(run, () => signal(run, name, options)),
    callback: (name, options) => given(run, () => callback(run, name, options)),
    start: (definition, input, options) => given(run, () => start(run, definition, input, options)),
    result: (child) => given(run, () => result(run, child)),
    run: (definition, input, options) => given(run, () => runChild(run, definition, input, options)),
    all: (tasks, options) => known(run, () => all(tasks, options)),
    map: (items, task, options) => known(run, () => map(items, task, options)),
    emit: (type, payload) => given(run, () => emit(run, type, payload)),
    now: () => now(run),
    random: () => random(run),
    uuid: () => uuid(run),
    patched: (name) => patched(run, name),
  } satisfies Untyped
  return assembled(run.ports, () => run.replaying || run.beenHere, effects)
}

/** An effect, which the author's code waits for until it settles. */
function given<T>(run: Run, effect: () => Promise<T>): Promise<T> {
  run.sites.ask(given, run.atWork.open)
  const over = run.atWork.awaits()
  return known(run, async () => {
    // Not a handler of the promise that the code gets: see `effectPromises`.
    try {
      return await effect()
    } finally {
      over()
    }
  })
}

function known<T>(run: Run, effect: () => Promise<T>): Promise<T> {
  if (run.left) return never()
  const promise = effect()
  effectPromises.add(promise)
  return promise
}

async function runChild(run: Run, ...asked: Rest<typeof start>): Promise<unknown> {
  const { asked: site } = run.sites
  const [definition, input, options] = asked
  const child = await start(run, definition, input, options, true)
  run.sites.asked = site
  return await result(run, child)
}

/** The effects without the types that an author's schemas and definitions give them: those are checked at run time. */
type Untyped = {
  step(name: string, body: Parameters<typeof step>[2], options?: Parameters<typeof step>[3]): Promise<unknown>
  sleep(duration: Parameters<typeof sleep>[1], name?: string): Promise<void>
  sleepUntil(at: Parameters<typeof sleepUntil>[1], name?: string): Promise<void>
  signal(name: string, options?: Parameters<typeof signal>[2]): Promise<unknown>
  callback(name: string, options?: Parameters<typeof callback>[2]): Promise<unknown>
  start(...args: Rest<typeof start>): Promise<unknown>
  result(child: Parameters<typeof result>[1]): Promise<unknown>
  run(...args: Rest<typeof start>): Promise<unknown>
  all(...args: Parameters<typeof all>): Promise<unknown>
  map(
    items: readonly unknown[],
    task: (item: unknown, index: number) => Promise<unknown>,
    options?: Parameters<typeof all>[1],
  ): Promise<unknown>
  emit(type: string, payload: Parameters<typeof emit>[2]): Promise<void>
  now(): number
  random(): number
  uuid(): string
  patched(name: string): boolean
}
type Rest<F> = F extends (run: Run, ...rest: infer R) => unknown ? R : never
