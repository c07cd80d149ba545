import canonicalize from 'canonicalize'
import type { EpochMs } from './clock.ts'
import { defined } from './defined.ts'
import { given, InvalidInput, RegistrationConflict, type Issue } from './errors.ts'
import { hashOf } from './hash.ts'
import { parseKind, parseProcessId, type ProcessId } from './ids.ts'
import { invariant } from './invariant.ts'
import type { Json } from './json.ts'
import { CONCURRENCY_KEY_MAX, INSTANT_MAX_MS, LIMIT_MAX_MS } from './limits.ts'
import { optionIssues, type Options } from './options.ts'
import { isError } from './realm.ts'

/**
 * What a later worker may do with a process whose owner is gone.
 * `rerun`: another owner re-runs it from its journal. `abandon`: once started, never again.
 * `external`: no worker runs it; a caller completes it with its token.
 */
export const RECOVERIES = ['rerun', 'abandon', 'external'] as const
export type Recovery = (typeof RECOVERIES)[number]

/** The origin of a registration. It is part of the hash: the same order from two sources is two registrations. */
export type Provenance = {
  /** The system, rule or person that asked. */
  readonly source?: string
  /** The id of the ended process that this one tries again. */
  readonly retryOf?: string
}

/** What happens to a child that is still open when its parent ends. */
export const ON_PARENT_END = ['cancel', 'abandon', 'leave'] as const
export type OnParentEnd = (typeof ON_PARENT_END)[number]

export type Parent = { readonly id: ProcessId; readonly onEnd: OnParentEnd }

/** At most `limit` processes of one key run at a time; the others wait their turn, first come, first served. */
export type Concurrency = { readonly key: string; readonly limit: number }

export type Limits = {
  /** How long the whole process may take from its registration (or its `startAt`), in ms. */
  readonly timeoutMs?: number
  /** Workers that may die in a row while they run it alone, before it ends failed with `attempts_exhausted`. */
  readonly maxStalls?: number
  /** How long the process is kept after its end, in ms. */
  readonly retentionMs?: number
}

/** What a caller asks for; stored once under its id, never changed. */
export type Registration = {
  readonly id: ProcessId
  readonly kind: string
  /** As the caller sent it: the hash covers this. */
  readonly input: Json
  /** The result of the definition's schema for this input, made once, by the part that registers. It is stored instead of `input`. */
  readonly made?: Json
  readonly recovery: Recovery
  /** A group the process is listed under instead of its kind, such as a tenant. */
  readonly scope?: string
  readonly provenance?: Provenance
  readonly limits?: Limits
  /** Set for a child: the process that started it. */
  readonly parent?: Parent
  /** Not to be started before this. */
  readonly startAt?: EpochMs
  readonly concurrency?: Concurrency
  /** Its messages go to the queue of the urgent ones. */
  readonly urgent?: boolean
  /** The version of the definition that it was started with. */
  readonly version?: string
  /** Event types that the process declares to emit. */
  readonly events?: readonly string[]
}

/** A registration as it comes in: ids not yet checked, recovery left to default. */
export type RegistrationInput<Input = Json> = Omit<Registration, 'id' | 'recovery' | 'made' | 'input'> & {
  readonly id: string
  readonly input: Input
  readonly recovery?: Recovery
}

/** The limits that a definition or a start may set. Their numbers are checked with those of the start. */
export const LIMITS: Options<Limits> = { timeoutMs: 'any', maxStalls: 'any', retentionMs: 'any' }

/** The options of a start besides its id, kind and input. Their values are checked with the registration. */
export const START_OPTIONS = {
  scope: 'any',
  provenance: 'any',
  limits: 'any',
  startAt: 'any',
  concurrency: 'any',
  urgent: 'any',
} as const satisfies Partial<Options<RegistrationInput>>
export type StartOption = keyof typeof START_OPTIONS
/** A child has no provenance: its parent is its origin. */
export type ChildOption = Exclude<StartOption, 'provenance'>
/** A retry repeats these. It starts at once, and its provenance names the process that it retries. */
type RepeatedOption = Exclude<StartOption, 'startAt' | 'provenance'>

const REGISTRATION: Options<RegistrationInput> = {
  id: 'any',
  kind: 'any',
  input: 'any',
  recovery: RECOVERIES,
  ...START_OPTIONS,
  provenance: { source: 'text', retryOf: 'text' } satisfies Options<Provenance>,
  limits: LIMITS,
  parent: { id: 'any', onEnd: ON_PARENT_END } satisfies Options<Parent>,
  concurrency: { key: 'text', limit: 'any' } satisfies Options<Concurrency>,
  urgent: 'flag',
  version: 'text',
  events: 'any',
}

/** A field of a registration that the row of the process keeps. `made` is stored as its input. */
type RegistrationField = Exclude<keyof Registration, 'made'>

/** The fields in which two registrations of one id can conflict: the hash covers them. See `registrationHash` for `version`. */
export type ContentField = Exclude<RegistrationField, 'id' | 'version'>
export const CONTENT_FIELDS: readonly ContentField[] = (
  Object.keys(REGISTRATION) as RegistrationField[]
).filter((field) => field !== 'id' && field !== 'version')

/**
 * Checks ids and numbers, refuses what a start cannot say, and fills in the default. Throws `InvalidId`, `InvalidInput`.
 */
export function toRegistration(raw: RegistrationInput): Registration {
  const unknown = optionIssues(raw, REGISTRATION)
  const issues = unknown.length > 0 ? unknown : registrationIssues(raw)
  if (issues.length > 0) throw new InvalidInput({ what: 'the registration', issues })
  const scope = raw.scope === undefined ? {} : { scope: parseKind(raw.scope, 'scope') }
  return {
    ...raw,
    id: parseProcessId(raw.id),
    kind: parseKind(raw.kind),
    recovery: raw.recovery ?? 'rerun',
    ...scope,
  }
}

/** The options of an ended process that its retry repeats. What has no effect on an external process is left out. */
export function repeatedOptions(
  of: Pick<Registration, 'recovery' | RepeatedOption>,
): Pick<RegistrationInput, RepeatedOption> {
  const { recovery, scope, limits } = of
  if (recovery !== 'external') {
    const { concurrency, urgent } = of
    return defined({ scope, limits, concurrency, urgent } satisfies { [Name in RepeatedOption]: unknown })
  }
  const { maxStalls: _unused, ...kept } = limits ?? {}
  return defined({ scope, limits: limits === undefined ? undefined : kept })
}

/**
 * SHA-256 over the canonical form (RFC 8785: sorted keys, no undefined) of the whole registration, as base64url.
 * Equal hashes make a repeated start idempotent; any difference is a conflict (C2, C3). The version of the definition is
 * left out: it is what was deployed, not what was asked for, and the same message may come again after a deploy. So is the
 * result of the schema, which may make a default anew each time.
 */
export function registrationHash({ version: _deployed, made: _made, ...registration }: Registration): string {
  const text = canonical(registration)
  invariant(text !== undefined, 'a registration has a canonical form', { id: registration.id })
  return hashOf(text)
}

/** Throws `RegistrationConflict` unless what is stored is what is asked. */
export function expectSameRegistration(
  id: ProcessId,
  hashes: { stored: string; asked: string },
  differ: () => string,
): void {
  if (hashes.stored !== hashes.asked) throw new RegistrationConflict({ id, ...hashes, differ: differ() })
}

/** A time or a deadline beyond these is written, and cannot be read back. */
const MOST: { readonly [path: string]: number } = {
  startAt: INSTANT_MAX_MS,
  'limits.timeoutMs': LIMIT_MAX_MS,
  'limits.retentionMs': LIMIT_MAX_MS,
}

/** Limits that could not be meant, of a definition or a start. */
export function limitIssues({ recovery, limits }: Pick<RegistrationInput, 'recovery' | 'limits'>): Issue[] {
  const { timeoutMs, maxStalls, retentionMs } = limits ?? {}
  const issues = countIssues({
    'limits.timeoutMs': timeoutMs,
    'limits.maxStalls': maxStalls,
    'limits.retentionMs': retentionMs,
  })
  return recovery === 'external' ? [...issues, ...withoutEffect({ 'limits.maxStalls': maxStalls })] : issues
}

/** Numbers and names that could not be meant, and would leave a process waiting for ever. */
function registrationIssues(raw: RegistrationInput): Issue[] {
  const { concurrency, startAt, urgent, recovery } = raw
  // Both parts of a key are needed: without one no place could be counted.
  const place: Partial<Concurrency> = concurrency ?? { key: 'none', limit: 1 }
  const counts = { startAt, 'concurrency.limit': place.limit ?? Number.NaN }
  const issues = [...limitIssues(raw), ...countIssues(counts)]
  if (recovery === 'external') issues.push(...withoutEffect({ urgent, concurrency }))
  const { length } = place.key ?? ''
  return length >= 1 && length <= CONCURRENCY_KEY_MAX
    ? issues
    : [...issues, { path: 'concurrency.key', message: `expected 1 to ${CONCURRENCY_KEY_MAX} characters` }]
}

function countIssues(counts: { readonly [path: string]: number | undefined }): Issue[] {
  return Object.entries(counts).flatMap(([path, got]) => {
    const most = MOST[path] ?? Number.MAX_SAFE_INTEGER
    return got === undefined || (Number.isSafeInteger(got) && got >= 1 && got <= most)
      ? []
      : [{ path, message: `expected a whole number from 1 to ${most}, got ${given(got)}` }]
  })
}

/** No worker runs an external process, so what only says how it is run would change nothing. */
function withoutEffect(options: { readonly [path: string]: unknown }): Issue[] {
  const message = 'has no effect with recovery external, which no worker runs: remove it'
  return Object.entries(options).flatMap(([path, value]) => (value === undefined ? [] : [{ path, message }]))
}

function canonical(registration: Omit<Registration, 'version' | 'made'>): string | undefined {
  try {
    return canonicalize(registration)
  } catch (error) {
    // Half a character, or a number that is none: JSON that was parsed may hold the former.
    const message = isError(error) ? error.message : String(error)
    throw new InvalidInput(
      { what: `registration ${registration.id}`, issues: [{ path: '', message }] },
      error,
    )
  }
}
