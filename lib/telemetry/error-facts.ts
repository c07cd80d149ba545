import { LeaseholdError } from '../model/errors.ts'
import { gatheredIn } from '../model/failure.ts'
import { CAUSES_LOGGED_MAX, INNER_ERRORS_MAX } from '../model/limits-errors.ts'
import { RecordedError } from '../model/recorded-error.ts'
import { authorStack } from './stacks.ts'
import { isError } from '../model/realm.ts'

/** An error as it may be logged. */
export type LoggedErrorFacts = {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly facts?: Readonly<Record<string, unknown>>
  readonly awsRequestId?: string
  readonly cause?: LoggedErrorFacts
  /** What it has gathered, as `AggregateError` does. */
  readonly errors?: readonly LoggedErrorFacts[]
}

/**
 * What a log may say of an error, with its causes. Only what is named here: an error of the AWS clients can contain a
 * whole item, and with it the input of a process.
 */
export function errorFacts(error: unknown, depth = 1): LoggedErrorFacts {
  if (!isError(error)) return { name: 'NotAnError', message: thrownText(error) }
  const { name, message: said, stack, cause } = error
  const ours = error instanceof LeaseholdError || error instanceof RecordedError
  const message = ours ? error.loggable : said
  const deeper = depth < CAUSES_LOGGED_MAX
  const gathered = deeper ? gatheredIn(error).slice(0, INNER_ERRORS_MAX) : []
  const awsRequestId = awsRequestIdOf(error)
  return {
    name,
    message,
    ...(error instanceof LeaseholdError && { code: error.code, facts: error.facts }),
    ...(awsRequestId !== undefined && { awsRequestId }),
    ...(stack !== undefined && {
      stack: authorStack(
        stack.replace(said, () => message),
        error instanceof LeaseholdError && (error.blame === 'author' || error.blame === 'caller'),
      ),
    }),
    ...(cause !== undefined && deeper && { cause: errorFacts(cause, depth + 1) }),
    ...(gathered.length > 0 && { errors: gathered.map((each) => errorFacts(each, depth + 1)) }),
  }
}

/** A thrown object is named by its type only, since it may hold anything. */
function thrownText(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null
    ? Object.prototype.toString.call(thrown)
    : String(thrown)
}

/** What AWS support asks for first. */
function awsRequestIdOf(error: Error): string | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null)
    return undefined
  const { $metadata } = error
  return 'requestId' in $metadata && typeof $metadata.requestId === 'string' ? $metadata.requestId : undefined
}
