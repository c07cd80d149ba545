import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { AttributeValue, CancellationReason } from '@aws-sdk/client-dynamodb'
import type { LeaseholdError } from '../../model/errors.ts'
import { ofAnotherType, type Item, type TransactReply, type Write, type WriteReply } from './store.ts'
import { isError } from '../../model/realm.ts'

// Reads failed requests. A failed condition is a reply. Any other failure is either worth another try or not, and a request
// that is may have been applied although no reply came. Errors are told apart by name, which is DynamoDB's code of a refusal:
// they come from more than one client, and each has classes of its own.

/** Fields that DynamoDB sends with a refusal. */
type RefusalFields = {
  readonly Item?: Record<string, AttributeValue>
  readonly CancellationReasons?: readonly CancellationReason[]
}

/** The reply in a failed write; undefined if the failure is not a failed condition. */
export function refusedWrite(error: unknown): Extract<WriteReply, { applied: false }> | undefined {
  if (!isRefusal(error, 'ConditionalCheckFailedException')) return undefined
  return { applied: false, found: itemOf(error.Item) }
}

/** The answer in a cancelled transaction; undefined where it was cancelled for anything but a condition. */
export function refusedTransaction(error: unknown): Extract<TransactReply, { applied: false }> | undefined {
  if (!isRefusal(error, 'TransactionCanceledException')) return undefined
  const reasons = error.CancellationReasons ?? []
  if (!reasons.some(conditionFailed)) return undefined
  return {
    applied: false,
    failed: reasons.map((reason) => (conditionFailed(reason) ? { found: itemOf(reason.Item) } : undefined)),
  }
}

export type StoreFailure =
  /** Try again. `maybeApplied`: the request may have been carried out though its answer was lost. */
  | { readonly again: true; readonly maybeApplied: boolean; readonly reason: string }
  | { readonly again: false; readonly reason: string }

/** Refused before anything was done: the same request may succeed a moment later. */
const NOT_DONE = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  // A write that collides with a transaction. The SDK does not retry it.
  'TransactionConflictException',
  // A transaction with the same token is still running: its answer can be had later.
  'TransactionInProgressException',
])
/** Reasons of a cancelled transaction that pass. */
const NOT_DONE_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])
/** Node's and the SDK's words for a connection that broke or stayed silent. */
const NO_ANSWER = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'NetworkingError',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'UND_ERR_SOCKET',
])

/** What to do about a failure that is no answer. */
export function readFailure(error: unknown): StoreFailure {
  if (!isError(error)) return { again: false, reason: 'something that is no error was thrown' }
  const reason = `${error.name}: ${error.message}`
  if (isRefusal(error, 'TransactionCanceledException')) {
    const codes = (error.CancellationReasons ?? [])
      .map(({ Code }) => Code ?? 'None')
      .filter((c) => c !== 'None')
    const passes = codes.length > 0 && codes.every((code) => NOT_DONE_REASONS.has(code))
    return passes
      ? { again: true, maybeApplied: false, reason: codes.join(', ') }
      : { again: false, reason: `${reason} (${codes.join(', ')})` }
  }
  if (NOT_DONE.has(error.name)) return { again: true, maybeApplied: false, reason }
  if (NO_ANSWER.has(error.name) || NO_ANSWER.has(codeOf(error)) || statusOf(error) >= 500) {
    return { again: true, maybeApplied: true, reason }
  }
  return { again: false, reason }
}

function conditionFailed(reason: CancellationReason): boolean {
  return reason.Code === 'ConditionalCheckFailed'
}

function itemOf(attributes: Record<string, AttributeValue> | undefined): Item | undefined {
  return attributes === undefined ? undefined : fromAttributes(attributes)
}

/**
 * An item as plain data. A number that is too large becomes the nearest possible one, which no shape accepts as a whole
 * number. Otherwise it would be a bigint, or throw for all the items that were read with it.
 */
export function fromAttributes(attributes: Record<string, AttributeValue>): Item {
  return unmarshall(attributes, { wrapNumbers: Number })
}

/** A write that met an attribute of another type than it expects, or a count too large to add to: the item is damaged. */
export function damageOf(error: unknown, writes: readonly Write[]): LeaseholdError | undefined {
  const reasons = isRefusal(error, 'TransactionCanceledException')
    ? (error.CancellationReasons ?? []).map(({ Code, Message }) =>
        Code === 'ValidationError' ? Message : '',
      )
    : [isError(error) && error.name === 'ValidationException' ? error.message : '']
  const at = reasons.findIndex((reason) => reason !== undefined && NOT_OURS.test(reason))
  const write = writes[at]
  if (write === undefined) return undefined
  const key = write.do === 'put' ? write.item : write.key
  return ofAnotherType(key, 'an attribute is of another type or size than this version writes')
}

/**
 * DynamoDB's messages for `ADD` to a value that is not a number, and for an append to a value that is not a list. The last
 * two, of DynamoDB and DynamoDB Local, are for a sum of more digits than it keeps. No count of ours is that large.
 */
const NOT_OURS =
  /incorrect data type|incorrect operand type|Type mismatch for attribute|38 significant digits|up to 38 digits/iu

function isRefusal(error: unknown, name: string): error is Error & RefusalFields {
  return isError(error) && error.name === name
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function statusOf(error: Error): number {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0
}
