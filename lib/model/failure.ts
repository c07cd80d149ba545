import { LeaseholdError, ProcessCancelled, ProcessTimedOut, StepFailed, StoreUnavailable } from './errors.ts'
import { ERROR_MESSAGE_MAX_BYTES, ERROR_NAME_MAX_BYTES } from './limits.ts'
import {
  DEPTH_SEARCHED_MAX,
  ERRORS_SEARCHED_MAX,
  INNER_DEPTH_MAX,
  INNER_ERRORS_MAX,
  INNER_MESSAGE_MAX_BYTES,
  INNER_NAME_MAX_BYTES,
} from './limits-errors.ts'
import { cutText } from './log.ts'
import type { ErrorFacts } from './recorded-error.ts'
import { RecordedError } from './recorded-error.ts'
import { isError } from './realm.ts'

/**
 * What is recorded of something thrown: class, code, message, the status of an answer, and the same of the errors in it;
 * never a stack (C23). An uncaught step failure is recorded as the error of the step's body. Anything may be
 * thrown, so nothing is taken for granted here. What is recorded is also what the run gets that saw it thrown (C59).
 */
export function factsOf(thrown: unknown, fallbackCode: string): ErrorFacts {
  try {
    return storableFacts(readFacts(thrown, { fallbackCode, depth: 0, left: INNER_ERRORS_MAX }))
  } catch {
    // A getter or a proxy that throws itself: nothing can be said of it, and it must not hide that something was thrown.
    return { class: 'NonError', code: fallbackCode, message: 'thrown: something that cannot be read' }
  }
}

type ErrorReading = { readonly fallbackCode: string; depth: number; left: number }

function readFacts(thrown: unknown, reading: ErrorReading): ErrorFacts {
  const { fallbackCode } = reading
  if (thrown instanceof StepFailed) return thrown.error
  if (thrown instanceof RecordedError) return thrown.recorded
  if (!isError(thrown))
    return { class: 'NonError', code: fallbackCode, message: `thrown: ${describe(thrown)}` }
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : fallbackCode
  const facts = { class: className(thrown), code, message: text(thrown.message), ...statusOf(thrown) }
  // A cause that is no error may be any value, which is not recorded.
  const [cause] = isError(thrown.cause) ? readInner([thrown.cause], reading) : []
  const errors = readInner(gatheredIn(thrown), reading)
  return { ...facts, ...(cause && { cause }), ...(errors.length > 0 && { errors }) }
}

function readInner(errors: readonly unknown[], reading: ErrorReading): ErrorFacts[] {
  const facts: ErrorFacts[] = []
  if (reading.depth === INNER_DEPTH_MAX) return facts
  reading.depth += 1
  for (const error of errors) {
    if (reading.left === 0) break
    reading.left -= 1
    facts.push(readFacts(error, reading))
  }
  reading.depth -= 1
  return facts
}

/** As clients of HTTP name it, those of AWS among them. */
function statusOf(error: Error): { readonly status?: number } {
  const { status, statusCode, $metadata } = error as {
    [key in 'status' | 'statusCode' | '$metadata']?: unknown
  }
  const ofAws = typeof $metadata === 'object' && $metadata !== null && 'httpStatusCode' in $metadata
  const found = [status, statusCode, ofAws ? $metadata.httpStatusCode : undefined].find(
    (each) => typeof each === 'number' && Number.isSafeInteger(each) && each >= 0,
  )
  return typeof found === 'number' ? { status: found } : {}
}

/** The errors that an error has gathered: those of an `AggregateError`, and both of a `SuppressedError`. */
export function gatheredIn(error: Error): readonly unknown[] {
  if ('errors' in error && Array.isArray(error.errors)) return error.errors
  return error.name === 'SuppressedError' && 'error' in error && 'suppressed' in error
    ? [error.error, error.suppressed]
    : []
}

/** The code of an error of ours; `unexpected` for any other, which is a bug or the platform's. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof LeaseholdError ? thrown.code : 'unexpected'
}

/** An error as the worker can go by its `next`: one that is not ours lets go, as a store that does not answer does. */
export function asKnown(thrown: unknown, operation: string): LeaseholdError {
  if (thrown instanceof LeaseholdError) return thrown
  return new StoreUnavailable({ operation, tries: 1, reason: String(thrown) }, thrown)
}

/** Why a process ends by its own code before that is done: a cancel request, or the end of its time. */
export type EndReason = ProcessCancelled | ProcessTimedOut

/** The reasons of an abort that end the process by its own code, and not the run by its host. */
export function isEnd(reason: unknown): reason is EndReason {
  return reason instanceof ProcessCancelled || reason instanceof ProcessTimedOut
}

/**
 * Why a run ended, if it ended because the process is to end: `thrown` is that reason, has it in its causes, or gathered
 * nothing else. A gathered failure of another kind is one that people have to see, such as a compensation that failed.
 * An `AbortError`, as fetch, streams and timers throw, stands for the signal's `reason`, and so do its very words. What an
 * effect threw comes first: it was recorded, and is the same on every run.
 */
export function endIn(thrown: unknown, reason: unknown): EndReason | undefined {
  try {
    const found = searched(thrown, new Map(), 0)
    if (found !== undefined && found !== 'aborted') return found
    return isEnd(reason) && (found === 'aborted' || isInWordsOf(thrown, reason)) ? reason : undefined
  } catch {
    // A getter or a proxy that throws itself: it is no reason that can be found, and it is recorded as what was thrown.
    return undefined
  }
}

/** Code that throws a text, or makes an error of one, has lost the error itself. Among other words it may be a failure. */
function isInWordsOf(thrown: unknown, { name, message }: EndReason): boolean {
  const text = isError(thrown) && gatheredIn(thrown).length === 0 ? thrown.message : thrown
  return text === message || text === `${name}: ${message}`
}

type AbortCause = EndReason | 'aborted' | undefined

/** `seen` holds what was found in an error, and nothing while it is searched: causes may go in a circle. */
function searched(error: unknown, seen: Map<unknown, AbortCause>, depth: number): AbortCause {
  if (isEnd(error)) return error
  if (typeof error !== 'object' || error === null || seen.has(error)) return seen.get(error)
  if (seen.size >= ERRORS_SEARCHED_MAX || depth >= DEPTH_SEARCHED_MAX) return undefined
  seen.set(error, undefined)
  const { name, within, gatheredErrors } = parts(error)
  const gathered = gatheredErrors.map((each) => searched(each, seen, depth + 1))
  const only = name === 'SuppressedError' ? gathered.some(isFound) : gathered.every(isFound)
  const causes = within.map((each) => searched(each, seen, depth + 1))
  const found = [...causes, ...(only ? gathered : [])].filter(isFound)
  const end = found.find(isEnd) ?? found[0] ?? (name === 'AbortError' ? 'aborted' : undefined)
  seen.set(error, end)
  return end
}

/** What an error, a list of errors or of settled results, or an object that code throws instead of an error, has in it. */
function parts(thrown: object): {
  readonly name: unknown
  readonly within: readonly unknown[]
  readonly gatheredErrors: readonly unknown[]
} {
  if (Array.isArray(thrown)) {
    const failed = (thrown as unknown[]).filter((each) => !isFulfilled(each))
    return { name: 'list', within: [], gatheredErrors: failed }
  }
  const { name, cause, reason, originalError } = thrown as { readonly [key: string]: unknown }
  const gatheredErrors = isError(thrown) ? gatheredIn(thrown) : []
  return { name, within: [cause, reason, originalError], gatheredErrors }
}

function isFulfilled(each: unknown): boolean {
  return typeof each === 'object' && each !== null && 'status' in each && each.status === 'fulfilled'
}

function isFound(found: AbortCause): found is Exclude<AbortCause, undefined> {
  return found !== undefined
}

/**
 * The error of code that handled a value, such as a codec: its name and its stack, without its message, which may quote the
 * value or a key. A cause is logged, and shown to every reader of the error.
 */
export function wordless(thrown: unknown): Error {
  const error = new Error('its words are left out, since they may quote a value')
  if (!isError(thrown)) return error
  const { name, stack, message } = thrown
  if (typeof name === 'string') error.name = name
  const frames = typeof stack === 'string' ? stack.replace(message, () => '').split('\n') : []
  error.stack = [`${error.name}: ${error.message}`, ...frames.filter((line) => FRAME.test(line))].join('\n')
  return error
}

/** As V8 writes a call: it ends with a place in a file, or with none. */
const FRAME = /^ {4}at .*(?::\d+:\d+|<anonymous>|native)\)?$/u

/**
 * An error as it can be stored. Its parts come from author code and may be of any length, so each part is cut to its limit,
 * and so are the number and the depth of the errors in it.
 */
export function storableFacts(given: ErrorFacts): ErrorFacts {
  let left = INNER_ERRORS_MAX
  const cut = (facts: ErrorFacts, depth: number): ErrorFacts => {
    const inner = (each: ErrorFacts): readonly ErrorFacts[] => (left-- > 0 ? [cut(each, depth + 1)] : [])
    const [cause] = facts.cause === undefined || depth === INNER_DEPTH_MAX ? [] : inner(facts.cause)
    const errors = depth === INNER_DEPTH_MAX ? [] : (facts.errors ?? []).flatMap(inner)
    return {
      class: cutText(facts.class, depth === 0 ? ERROR_NAME_MAX_BYTES : INNER_NAME_MAX_BYTES),
      code: cutText(facts.code, depth === 0 ? ERROR_NAME_MAX_BYTES : INNER_NAME_MAX_BYTES),
      message: cutText(facts.message, depth === 0 ? ERROR_MESSAGE_MAX_BYTES : INNER_MESSAGE_MAX_BYTES),
      ...(facts.status !== undefined && { status: facts.status }),
      ...(cause !== undefined && { cause }),
      ...(errors.length > 0 && { errors }),
    }
  }
  return cut(given, 0)
}

function className(error: Error): string {
  return text(error.name === 'Error' ? error.constructor.name : error.name)
}

/** The types say text, and anyone may have put something else there. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : describe(value)
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  try {
    return JSON.stringify(thrown) ?? typeof thrown
  } catch {
    // A cycle, or a toJSON that throws: the type is all that can be said.
    return Object.prototype.toString.call(thrown)
  }
}
