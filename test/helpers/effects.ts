import * as v from 'valibot'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess, type AnyDefinition, type ProcessDefinition } from '../../lib/effects/definition.ts'
import { StoreUnavailable } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import type { Output } from '../../lib/model/record.ts'
import type { FenceCheck } from '../../lib/model/fence-check.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import type { TestKitOptions } from '../../lib/testing/options.ts'
import { Told } from './world.ts'

/** What the suites of effects run on: a registry of its own for each test, and how much of a big thing it can carry. */
export type Ground = {
  open(): Promise<ProcessRegistry>
  /** Sends a transaction of an author's own with this check in it. False where it was refused. */
  transact(registry: ProcessRegistry, check: FenceCheck): Promise<boolean>
  /** Steps in a process that is meant to be long. */
  readonly manySteps: number
  /** Signals, children and the like that are meant to be many. */
  readonly many: number
  /** Of the writes that a worker may die at, every how manieth is tried. */
  readonly stride: number
}

type Loose = v.GenericSchema<unknown, Json>
export type Body<T = unknown> = (context: ProcessContext, input: unknown) => Promise<T>

/** A definition that takes and returns anything. */
export function flow(
  run: Body,
  options: Partial<Omit<AnyDefinition, 'run' | 'input' | 'output'>> = {},
): ProcessDefinition<Loose, Loose> {
  const loose = v.unknown() as unknown as Loose
  return defineProcess({ kind: 'flow', ...options, input: loose, output: loose, run })
}

export type Kit = TestKit & { readonly told: Told }

/** The system around a registry of the test's own, with what telemetry was told. */
export async function kitOn(
  ground: Ground,
  definitions: readonly AnyDefinition[],
  options: Partial<TestKitOptions> = {},
): Promise<Kit> {
  const registry = options.registry ?? (await ground.open())
  const told = new Told()
  return Object.assign(new TestKit({ telemetry: told, ...options, definitions, registry }), { told })
}

/** A later deploy: other code, the same table, the same moment. Wake-ups on the way are lost. */
export function redeployed(kit: Kit, ground: Ground, definitions: readonly AnyDefinition[]): Promise<Kit> {
  return kitOn(ground, definitions, { registry: kit.registry, startAt: kit.clock.now() })
}

/** Runs a body to its end as process `p`. */
export async function runs(ground: Ground, run: Body, input: Json = null): Promise<Output> {
  const definition = flow(run)
  const kit = await kitOn(ground, [definition])
  await kit.start(definition, input, { id: 'p' })
  return kit.result('p')
}

export function value(of: unknown): Output {
  return { outcome: 'success', value: of as Json }
}

/** What an effect throws, as data: its class, and the code of the error that is recorded in it. */
export async function thrown(effect: Promise<unknown>): Promise<Json> {
  try {
    await effect
    return 'nothing'
  } catch (error) {
    const { name, code } = error as { name: string; code: string }
    const inner = (error as { error?: { code: string } }).error
    return inner === undefined ? [name, code] : [name, inner.code]
  }
}

/** A registry whose calls are counted by name, and can be made to fail once, or to wait. */
export class FlakyRegistry {
  readonly port: ProcessRegistry
  readonly calls = new Map<string, number>()
  /** Called before a call goes through: return a promise to delay it. */
  before: (method: string) => Promise<void> | void = () => {}
  readonly #failing = new Set<string>()

  constructor(registry: ProcessRegistry) {
    this.port = new Proxy(registry, {
      get: (target, key) => {
        const found: unknown = Reflect.get(target, key, target)
        if (typeof found !== 'function' || typeof key !== 'string' || key === 'fenceCheck')
          return typeof found === 'function' ? found.bind(target) : found
        return async (...args: unknown[]): Promise<unknown> => {
          this.calls.set(key, (this.calls.get(key) ?? 0) + 1)
          await this.before(key)
          if (this.#failing.delete(key))
            throw new StoreUnavailable({ operation: key, tries: 8, reason: 'away' }, undefined)
          return found.apply(target, args)
        }
      },
    })
  }

  failNext(method: keyof ProcessRegistry): void {
    this.#failing.add(method)
  }

  get total(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0)
  }
}
