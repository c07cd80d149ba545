import {
  InvalidId,
  InvalidInput,
  LeaseholdError,
  NotSerialisable,
  PayloadUnavailable,
  StoreUnavailable,
  Throttled,
  UnknownKind,
  type Issue,
} from '../model/errors.ts'
import { cutText } from '../model/log.ts'
import { ERROR_MESSAGE_MAX_BYTES } from '../model/limits.ts'

/** RFC 9457, with our code and what else a program can go by. */
export type Problem = {
  /** Names the error; docs/errors.md has a heading for each code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly issues?: readonly Issue[]
  /** The plain facts of the error: texts and numbers, never what was sent. */
  readonly facts?: Readonly<Record<string, string | number>>
}

/** The status that each code is answered with. A code that is not here is not the caller's: 500. */
export const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_id: 400,
  invalid_input: 400,
  not_serialisable: 400,
  unknown_kind: 400,
  unauthenticated: 401,
  forbidden: 403,
  completion_refused: 403,
  unknown_process: 404,
  unknown_route: 404,
  method_not_allowed: 405,
  registration_conflict: 409,
  completion_conflict: 409,
  key_conflict: 409,
  process_ended: 409,
  process_open: 409,
  signal_refused: 409,
  slot_in_use: 409,
  no_longer_retained: 410,
  payload_too_large: 413,
  unsupported_content: 415,
  throttled: 429,
  contended: 503,
  store_unavailable: 503,
}

const TYPE = 'urn:leasehold:error:'
/** As DynamoDB and its transactions name what passes by itself. */
const THROTTLED = /ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded/u

/** Whatever was thrown, as the answer says it. Of what is not the caller's to know, only that it happened. */
export function problemOf(thrown: unknown): Problem {
  const error = asAnswered(thrown)
  const status = error === undefined ? undefined : STATUS_OF[error.code]
  if (error === undefined || status === undefined) {
    const code = error?.code ?? 'unexpected'
    return {
      type: `${TYPE}${code}`,
      title: 'Internal error',
      status: 500,
      detail: 'the request failed for a reason that is ours; it is logged under the request id',
      code,
    }
  }
  const issues = problemIssues(error)
  const facts = plainFacts(error)
  return {
    type: `${TYPE}${error.code}`,
    title: titleOf(error),
    status,
    detail: cutText(error.message, ERROR_MESSAGE_MAX_BYTES),
    code: error.code,
    ...(issues === undefined ? {} : { issues }),
    ...(Object.keys(facts).length === 0 ? {} : { facts }),
  }
}

/** The paths of a schema's issues, below where the value stands in the request. */
export function under(path: string, error: unknown): unknown {
  if (!(error instanceof InvalidInput)) return error
  const issues = error.issues.map((issue) => ({
    ...issue,
    path: issue.path === '' ? path : `${path}.${issue.path}`,
  }))
  return new InvalidInput({ what: 'the request', issues }, error)
}

/** A store that is throttled is the caller's to wait for; any other trouble of it is not told. */
function asAnswered(thrown: unknown): LeaseholdError | undefined {
  if (!(thrown instanceof LeaseholdError)) return undefined
  if (!(thrown instanceof StoreUnavailable || thrown instanceof PayloadUnavailable)) return thrown
  const reason = String(thrown.facts['reason'])
  if (THROTTLED.test(reason)) return new Throttled({ reason: 'the table is throttled' }, thrown)
  return new StoreUnavailable({ operation: 'the request', tries: 1, reason: 'it did not answer' }, thrown)
}

function problemIssues(error: LeaseholdError): readonly Issue[] | undefined {
  if (error instanceof InvalidInput) return error.issues
  if (error instanceof NotSerialisable)
    return [{ path: String(error.facts['path']), message: `is ${String(error.facts['found'])}` }]
  if (error instanceof UnknownKind) return [{ path: 'kind', message: error.issue }]
  if (error instanceof InvalidId) return [{ path: String(error.facts['field']), message: error.issue }]
  return undefined
}

function plainFacts(error: LeaseholdError): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(error.facts).flatMap(([key, value]): [string, string | number][] =>
      key !== 'got' && (typeof value === 'string' || typeof value === 'number') ? [[key, value]] : [],
    ),
  )
}

/** `RegistrationConflict` as words: the same for every error of a code, as the RFC asks. */
function titleOf(error: LeaseholdError): string {
  const words = error.name.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' ').toLowerCase()
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
