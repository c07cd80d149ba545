import { resolve } from 'node:path'
import type { StoreName } from '../../local/store.ts'
import type { LocalTimings } from '../../local/timings.ts'
import { RENEWALS_PER_TTL } from '../../model/limits.ts'
import { UsageError } from '../errors.ts'
import type { ValuesOf } from '../spec.ts'
import type { DEV } from '../specs/dev.ts'

export type DevValues = ValuesOf<typeof DEV>

export type DevOptions = {
  readonly verbose: boolean
  readonly events: boolean
  readonly types: boolean
  readonly inspect: boolean
  /** Absolute path. */
  readonly envFile?: string
  readonly example?: string
  readonly file?: string
  /** As typed, for the example. */
  readonly values: { readonly rows?: string }
  readonly console: { readonly open: boolean; readonly port?: number }
  readonly stack: {
    readonly store?: StoreName
    readonly dataDir?: string
    readonly workers?: number
    readonly apiPort?: number
    readonly inspectPort?: number
    readonly sqsPort?: number
    readonly apiAuth?: 'none' | 'iam' | 'jwt'
    readonly timings: Partial<LocalTimings>
  }
}

const FOR_EXAMPLES = ['file', 'rows'] as const
/** Node's own, where debuggers look. */
const INSPECT_PORT = 9229
/** A worker that stands at a breakpoint renews nothing, and keeps its invocation: both get the longest that a deployed one has. */
const AT_A_BREAKPOINT = {
  leaseTtlMs: 600_000,
  functionTimeoutMs: 900_000,
  visibilityTimeoutMs: 905_000,
} as const satisfies Partial<LocalTimings>
/** With less, a lease or a pass ends before one request does. */
const TIME_MIN_MS = 100

/** What the options of `leasehold dev` mean together. Throws `UsageError`, naming what is wrong. */
export function readDevOptions(values: DevValues): DevOptions {
  const { example, file, rows, store, data, workers, sweep } = values
  const leaseTtlMs = values['lease-ttl']
  for (const option of FOR_EXAMPLES)
    if (example === undefined && values[option] !== undefined)
      throw new UsageError(`--${option} is for an example: add --example NAME`)
  if (file !== undefined && rows !== undefined)
    throw new UsageError('--rows is for a file that the example makes: leave out --file or --rows')
  if (example !== undefined && (values.open === true || values['console-port'] !== undefined))
    throw new UsageError('an example has no console: leave out --example, or --open and --console-port')
  const inspect = values.inspect === true
  if (inspect && workers !== undefined && workers > 1)
    throw new UsageError('--inspect has one worker, since a debugger has one port: leave out --workers')
  expectLong('--lease-ttl', leaseTtlMs)
  expectLong('--sweep', sweep)
  const [apiPort, sqsPort, apiAuth] = [values['api-port'], values['sqs-port'], values['api-auth']]
  return {
    verbose: values.verbose === true,
    events: values.events === true,
    types: values['skip-types'] !== true,
    inspect,
    ...(values['env-file'] === undefined ? {} : { envFile: resolve(values['env-file']) }),
    values: rows === undefined ? {} : { rows },
    console: {
      open: values.open === true,
      ...(values['console-port'] === undefined ? {} : { port: values['console-port'] }),
    },
    ...(example === undefined ? {} : { example }),
    ...(file === undefined ? {} : { file: resolve(file) }),
    stack: {
      ...(store === undefined ? {} : { store }),
      ...(data === undefined ? {} : { dataDir: resolve(data) }),
      ...(workers === undefined ? {} : { workers }),
      ...(apiPort === undefined ? {} : { apiPort }),
      ...(sqsPort === undefined ? {} : { sqsPort }),
      ...(apiAuth === undefined ? {} : { apiAuth }),
      ...(inspect ? { inspectPort: INSPECT_PORT } : {}),
      timings: {
        ...(inspect ? AT_A_BREAKPOINT : {}),
        ...(leaseTtlMs === undefined
          ? {}
          : { leaseTtlMs, renewEveryMs: Math.floor(leaseTtlMs / RENEWALS_PER_TTL) }),
        ...(sweep === undefined ? {} : { sweepEveryMs: sweep }),
      },
    },
  }
}

function expectLong(option: string, ms: number | undefined): void {
  if (ms !== undefined && ms < TIME_MIN_MS)
    throw new UsageError(`${option}: expected a time from ${TIME_MIN_MS}ms, like 6s, got ${ms}ms`)
}
