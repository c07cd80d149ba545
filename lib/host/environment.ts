import * as v from 'valibot'
import { InvalidConfig } from '../model/errors.ts'
import { configured } from '../model/validation.ts'
import { suggestion } from '../model/suggestion.ts'
import type { Telemetry } from '../telemetry/port.ts'
import {
  CONCURRENCY,
  LEASE_RENEW_EVERY_MS,
  LEASE_TTL_MS,
  MAX_RECEIVES,
  SWEEP_EVERY_MS,
} from '../model/limits.ts'

const text = v.pipe(v.string(), v.minLength(1))
const count = v.pipe(v.string(), v.regex(/^\d{1,9}$/u), v.transform(Number))
const fromOne = v.pipe(count, v.minValue(1))

/** The environment variables of a deployed function. The stack sets the names; durations are milliseconds. */
const ENVIRONMENT = v.object({
  LEASEHOLD_TABLE: text,
  LEASEHOLD_QUEUE_URL: text,
  LEASEHOLD_URGENT_QUEUE_URL: v.optional(text),
  /** The queue whose messages come one by one. Without it a worker runs a suspect after the others of its batch. */
  LEASEHOLD_ISOLATION_QUEUE_URL: v.optional(text),
  /** The worker's alone, which asks for it by `deadLetterUrlOf`: a sweep has nothing to put there. */
  LEASEHOLD_DEAD_LETTER_URL: v.optional(text),
  LEASEHOLD_LEASE_TTL_MS: v.optional(count, String(LEASE_TTL_MS)),
  LEASEHOLD_RENEW_EVERY_MS: v.optional(count, String(LEASE_RENEW_EVERY_MS)),
  LEASEHOLD_CONCURRENCY: v.optional(count, String(CONCURRENCY)),
  /** Deliveries of a message before the queue makes it a dead letter. */
  LEASEHOLD_MAX_RECEIVES: v.optional(fromOne, String(MAX_RECEIVES)),
  LEASEHOLD_SWEEP_EVERY_MS: v.optional(fromOne, String(SWEEP_EVERY_MS)),
  /** How long one invocation of the sweep makes passes. Default: it makes one. */
  LEASEHOLD_SWEEP_FOR_MS: v.optional(count, '0'),
  /** For emulators: the endpoints to use instead of AWS's own. */
  LEASEHOLD_DYNAMODB_ENDPOINT: v.optional(text),
  LEASEHOLD_SQS_ENDPOINT: v.optional(text),
  AWS_LAMBDA_FUNCTION_NAME: v.optional(text, 'leasehold'),
  AWS_LAMBDA_LOG_STREAM_NAME: v.optional(text),
})

export type Environment = v.InferOutput<typeof ENVIRONMENT>

/** Reads it once, at a cold start. Throws `InvalidConfig`, naming each variable that is missing or cannot be used. */
export function readEnvironment(env: Record<string, string | undefined>): Environment {
  return configured(ENVIRONMENT, env)
}

/** Where a worker puts what nothing can be done with. Throws `InvalidConfig` where its deployment does not say. */
export function deadLetterUrlOf({ LEASEHOLD_DEAD_LETTER_URL: url }: Environment): string {
  if (url !== undefined) return url
  throw new InvalidConfig({
    issues: [{ path: 'LEASEHOLD_DEAD_LETTER_URL', message: 'expected a URL, got none' }],
  })
}

const PREFIX = 'LEASEHOLD_'
/** Of the other functions, the emulators and the command. One shell may have them all. */
const OTHERS = [
  'LEASEHOLD_API',
  'LEASEHOLD_API_AUTH',
  'LEASEHOLD_API_SCOPE_PREFIX',
  'LEASEHOLD_BUCKET',
  'LEASEHOLD_EVENTS_ENDPOINT',
  'LEASEHOLD_EVENT_BUS',
  'LEASEHOLD_LOCAL_PARENT',
  'LEASEHOLD_STACK',
  'LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL',
  'LEASEHOLD_TOKEN_COMMAND',
  'LEASEHOLD_VERSION',
]

/**
 * Warns of each variable with our prefix that no function reads, which is most often misspelt. It is no error: a stack may set a
 * variable of its next version before the code of that version is there.
 */
export function warnOfUnknownVariables(
  env: Record<string, string | undefined>,
  telemetry: Pick<Telemetry, 'warn'>,
): void {
  const known = [...Object.keys(ENVIRONMENT.entries), ...OTHERS].filter((name) => name.startsWith(PREFIX))
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue
    // Compared without the prefix, which every name has in common.
    const near = suggestion(
      name.slice(PREFIX.length),
      known.map((each) => each.slice(PREFIX.length)),
    )
    const hint = near.replace('did you mean ', `did you mean ${PREFIX}`)
    telemetry.warn('an environment variable is unknown and has no effect', { name, hint })
  }
}
