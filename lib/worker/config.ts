import * as v from 'valibot'
import type { EffectController } from '../effects/controller.ts'
import { definitionsByKind, type AnyDefinition } from '../effects/definition.ts'
import { JournaledEffectController } from '../effects/journaled.ts'
import type { Chance, Clock } from '../model/clock.ts'
import { InvalidConfig } from '../model/errors.ts'
import {
  CONCURRENCY,
  HANDOVER_MARGIN_MS,
  LEASE_RENEW_EVERY_MS,
  LEASE_TTL_MS,
  RENEWALS_PER_TTL,
  TIMER_MAX_MS,
  WATCH_EVERY_MS,
} from '../model/limits.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { SILENT, type Telemetry } from '../telemetry/port.ts'
import { OPEN_TELEMETRY, type Tracer } from '../telemetry/trace.ts'
import { Capacity } from './capacity.ts'
import { NO_DOORBELL, type Doorbell } from '../queue/doorbell.ts'
import { toIssues } from '../model/validation.ts'
import { optionIssues, type Options } from '../model/options.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../host/system.ts'

/** Numbers of a worker and their defaults. */
export const WORKER_DEFAULTS = {
  leaseTtlMs: LEASE_TTL_MS,
  renewEveryMs: LEASE_RENEW_EVERY_MS,
  concurrency: CONCURRENCY,
  handOverMarginMs: HANDOVER_MARGIN_MS,
  watchEveryMs: WATCH_EVERY_MS,
} as const satisfies Record<keyof WorkerNumbers, number>

export type WorkerNumbers = {
  /** How long a claim or a renewal holds a process. At least 3 × renewEveryMs. Default 30,000. */
  readonly leaseTtlMs: number
  /** Default 10,000. */
  readonly renewEveryMs: number
  /** Processes that one worker runs at once, whatever asked for them; at least 1. Default 10. */
  readonly concurrency: number
  /** With less of the invocation left than this, no effect is begun and the run hands over. Default 10,000. */
  readonly handOverMarginMs: number
  /** How often `runProcess` looks at a process that another worker runs. Default 1,000. */
  readonly watchEveryMs: number
}

/** What a worker is made of. Two workers on one config are the same worker: it holds no state besides. */
export type WorkerConfig = Partial<WorkerNumbers> & {
  readonly registry: ProcessRegistry
  readonly definitions: readonly AnyDefinition[]
  /** Who this host is in leases and evidence; shown to operators. */
  readonly ownerId: string
  readonly doorbell?: Doorbell
  /** What runs effects durably. Default `JournaledEffectController`. */
  readonly controller?: EffectController
  readonly telemetry?: Telemetry
  /** Default: OpenTelemetry's, which does nothing unless an SDK is there. */
  readonly tracer?: Tracer
  readonly clock?: Clock
  readonly chance?: Chance
}

/** The config with everything in it. */
export type WorkerParts = WorkerNumbers &
  Required<Omit<WorkerConfig, keyof WorkerNumbers | 'definitions'>> & {
    readonly definitions: ReadonlyMap<string, AnyDefinition>
    /** The places of this worker, `concurrency` of them, shared by all its entrances. */
    readonly capacity: Capacity
  }

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(TIMER_MAX_MS))
const NUMBERS = v.strictObject({
  leaseTtlMs: positive,
  renewEveryMs: positive,
  concurrency: positive,
  handOverMarginMs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(TIMER_MAX_MS)),
  watchEveryMs: positive,
})
const CONFIG: Options<WorkerConfig> = {
  registry: 'any',
  definitions: 'any',
  ownerId: 'text',
  doorbell: 'any',
  controller: 'any',
  telemetry: 'any',
  tracer: 'any',
  clock: 'any',
  chance: 'any',
  leaseTtlMs: 'any',
  renewEveryMs: 'any',
  concurrency: 'any',
  handOverMarginMs: 'any',
  watchEveryMs: 'any',
}

/** Fills in defaults and checks numbers, their relations and that no key is misspelt. Throws `InvalidConfig`. */
export function workerParts(config: WorkerConfig): WorkerParts {
  const { registry, definitions, ownerId, doorbell, controller, telemetry, tracer, clock, chance } = config
  const numbers = Object.keys(WORKER_DEFAULTS) as (keyof WorkerNumbers)[]
  const given = numbers.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]]))
  const parsed = v.safeParse(NUMBERS, { ...WORKER_DEFAULTS, ...Object.fromEntries(given) })
  const issues = optionIssues(config, CONFIG, '', ['registry', 'definitions', 'ownerId'])
  if (!parsed.success) issues.push(...toIssues(parsed.issues))
  if (ownerId === '') issues.push({ path: 'ownerId', message: 'expected a name, got an empty one' })
  if (parsed.success && parsed.output.leaseTtlMs < RENEWALS_PER_TTL * parsed.output.renewEveryMs) {
    const { leaseTtlMs, renewEveryMs } = parsed.output
    const least = RENEWALS_PER_TTL * renewEveryMs
    issues.push({
      path: 'leaseTtlMs',
      message: `expected at least ${RENEWALS_PER_TTL} × renewEveryMs (${least}), got ${leaseTtlMs}`,
    })
  }
  if (!parsed.success || issues.length > 0) throw new InvalidConfig({ issues })
  return {
    ...parsed.output,
    registry,
    ownerId,
    definitions: definitionsByKind(definitions),
    capacity: new Capacity(parsed.output.concurrency),
    doorbell: doorbell ?? NO_DOORBELL,
    controller: controller ?? new JournaledEffectController(),
    telemetry: telemetry ?? SILENT,
    tracer: tracer ?? OPEN_TELEMETRY,
    clock: clock ?? SYSTEM_CLOCK,
    chance: chance ?? SYSTEM_CHANCE,
  }
}
