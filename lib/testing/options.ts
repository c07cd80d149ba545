import type { AnyDefinition } from '../effects/definition.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { Options } from '../model/options.ts'
import type { Telemetry } from '../telemetry/port.ts'

export type TestKitOptions = {
  readonly definitions: readonly AnyDefinition[]
  /** For `random`, `uuid` and jitter. The same seed gives the same run. Default 1. */
  readonly seed?: number
  readonly startAt?: number
  /** Default: one in memory. */
  readonly registry?: ProcessRegistry
  /** Default: mistakes and failures of the definitions are printed on standard error. `SILENT` prints nothing. */
  readonly telemetry?: Telemetry
}

/** Every option, so that a misspelt one is refused by name. */
export const OPTIONS: Options<TestKitOptions> = {
  definitions: 'any',
  seed: 'any',
  startAt: 'any',
  registry: 'any',
  telemetry: 'any',
}
