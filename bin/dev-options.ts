import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { STORES, type StoreName } from '../lib/local/store.ts'
import { RENEWALS_PER_TTL } from '../lib/model/limits.ts'

export const DEV_HELP = `Usage: leasehold dev [options]

Brings up the whole system on this machine: a store for the table, an SQS emulator, the worker
behind the queue, the sweep, the API and the outcomes, each handler in a process of its own.

  --example NAME     run examples/NAME against it, then stop
  --file PATH        a file for the example
  --rows N           rows of the file that the example makes where it is given none
  --store STORE      what holds the table: embedded (default) or dynamodb-local, which needs Java
                     11 or later and the package amplify-dynamodb-simulator
  --data DIR         keep table and queues in DIR; without it they are gone at the end
  --workers N        worker processes at once (2)
  --lease-ttl TIME   how long a dead worker's processes wait for the next (6s); renewed at a third
  --sweep TIME       how often the sweep looks (2s)
  --api-port N       where the API is served (any free port)
  --sqs-port N       where the SQS emulator listens (any free port), so that queue URLs stay the same
  --api-auth HOW     none (default); iam: requests have to be signed (AWS Signature V4) with the
                     access key "local" and the secret "local"; jwt: they need a token, which the
                     start prints
  --events           each event that the outcome bus takes, on a line
  --verbose          every line of the handlers while an example runs
  --help             this

TIME is 500ms, 6s or 2m. Emulators of one's own: LEASEHOLD_DYNAMODB_ENDPOINT and
LEASEHOLD_SQS_ENDPOINT.
`

/** Arguments that cannot be used; its message is for the person who typed them. */
export class Misused extends Error {}

const OPTIONS = {
  example: { type: 'string' },
  file: { type: 'string' },
  rows: { type: 'string' },
  store: { type: 'string' },
  data: { type: 'string' },
  workers: { type: 'string' },
  'lease-ttl': { type: 'string' },
  sweep: { type: 'string' },
  'api-port': { type: 'string' },
  'sqs-port': { type: 'string' },
  'api-auth': { type: 'string' },
  events: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export type DevValues = ReturnType<typeof parsed>

export type DevOptions = {
  readonly help: boolean
  readonly verbose: boolean
  readonly events: boolean
  readonly example?: string
  readonly file?: string
  /** All of them as typed, for the example. */
  readonly values: DevValues
  readonly stack: {
    readonly store?: StoreName
    readonly dataDir?: string
    readonly workers?: number
    readonly apiPort?: number
    readonly sqsPort?: number
    readonly apiAuth?: 'none' | 'iam' | 'jwt'
    readonly timings: { leaseTtlMs?: number; renewEveryMs?: number; sweepEveryMs?: number }
  }
}

const FOR_EXAMPLES = ['file', 'rows', 'verbose'] as const

/** Reads `leasehold dev`'s arguments. Throws `Misused`, naming what is wrong. */
export function readDevOptions(args: readonly string[]): DevOptions {
  const values = parsed(args)
  const { example, file, data, workers, sweep } = values
  const leaseTtl = values['lease-ttl']
  for (const option of FOR_EXAMPLES)
    if (example === undefined && values[option] !== undefined)
      throw new Misused(`--${option} is for an example: add --example NAME`)
  if (file !== undefined && values.rows !== undefined)
    throw new Misused('--rows is for a file that the example makes: leave out --file or --rows')
  const leaseTtlMs = leaseTtl === undefined ? undefined : duration('--lease-ttl', leaseTtl)
  return {
    help: values.help === true,
    verbose: values.verbose === true,
    events: values.events === true,
    values,
    ...(example === undefined ? {} : { example }),
    ...(file === undefined ? {} : { file: resolve(file) }),
    stack: {
      ...storeOption(values.store),
      ...(data === undefined ? {} : { dataDir: resolve(data) }),
      ...(workers === undefined ? {} : { workers: count('--workers', workers) }),
      ...portOption('apiPort', '--api-port', values['api-port']),
      ...portOption('sqsPort', '--sqs-port', values['sqs-port']),
      ...authOption(values['api-auth']),
      timings: {
        ...(leaseTtlMs === undefined
          ? {}
          : { leaseTtlMs, renewEveryMs: Math.floor(leaseTtlMs / RENEWALS_PER_TTL) }),
        ...(sweep === undefined ? {} : { sweepEveryMs: duration('--sweep', sweep) }),
      },
    },
  }
}

function storeOption(typed: string | undefined): Pick<DevOptions['stack'], 'store'> {
  const store = STORES.find((each) => each === typed)
  if (typed !== undefined && store === undefined)
    throw new Misused(`--store: expected ${STORES.join(' or ')}, got ${typed}`)
  return store === undefined ? {} : { store }
}

function portOption<Key extends 'apiPort' | 'sqsPort'>(
  key: Key,
  option: string,
  typed: string | undefined,
): { readonly [key in Key]?: number } {
  if (typed === undefined) return {}
  if (!/^\d{1,5}$/u.test(typed) || Number(typed) < 1 || Number(typed) > 65_535)
    throw new Misused(`${option}: expected 1 to 65535, got ${typed}`)
  return { [key]: Number(typed) } as { readonly [key in Key]?: number }
}

function authOption(auth: string | undefined): Pick<DevOptions['stack'], 'apiAuth'> {
  const apiAuth = (['none', 'iam', 'jwt'] as const).find((each) => each === auth)
  if (auth !== undefined && apiAuth === undefined)
    throw new Misused(`--api-auth: expected none, iam or jwt, got ${auth}`)
  return apiAuth === undefined ? {} : { apiAuth }
}

function parsed(args: readonly string[]) {
  try {
    const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, tokens: true })
    const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new Misused(`--${twice} is given twice: which one counts?`)
    return values
  } catch (error) {
    if (error instanceof TypeError) throw new Misused(error.message, { cause: error })
    throw error
  }
}

function count(option: string, text: string): number {
  if (!/^[1-9]\d{0,2}$/u.test(text)) throw new Misused(`${option}: expected 1 to 999, got ${text}`)
  return Number(text)
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** From 100 ms up: with less, a lease or a pass ends before one request does. */
function duration(option: string, text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/u.exec(text) ?? []
  const ms = Math.round(Number(amount) * (UNITS_MS[unit] ?? Number.NaN))
  if (!(ms >= 100)) throw new Misused(`${option}: expected a time from 100ms, like 6s, got ${text}`)
  return ms
}
