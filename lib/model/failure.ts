import { LeaseholdError, StepFailed, StoreUnavailable } from './errors.ts'
import { ERROR_MESSAGE_MAX_BYTES, ERROR_NAME_MAX_BYTES } from './limits.ts'
import { cutText, type ErrorFacts } from './log.ts'

/**
 * What is recorded of something thrown: class, code and message, never a stack (C23). A step's failure that nobody
 * caught is recorded as what the step's body threw. Anything may be thrown, so nothing is taken for granted here.
 */
export function factsOf(thrown: unknown, fallbackCode: string): ErrorFacts {
  try {
    return readFacts(thrown, fallbackCode)
  } catch {
    // A getter or a proxy that throws itself: nothing can be said of it, and it must not hide that something was thrown.
    return facts('NonError', fallbackCode, 'thrown: something that cannot be read')
  }
}

function readFacts(thrown: unknown, fallbackCode: string): ErrorFacts {
  if (thrown instanceof StepFailed) return thrown.error
  if (thrown instanceof LeaseholdError) return facts(thrown.name, thrown.code, thrown.message)
  if (thrown instanceof Error) {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : fallbackCode
    return facts(className(thrown), code, text(thrown.message))
  }
  return facts('NonError', fallbackCode, `thrown: ${describe(thrown)}`)
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

/** True where a run ended because it was asked to: it threw the reason of its abort signal, or an error caused by it. */
export function endedByAbort(thrown: unknown, reason: unknown): boolean {
  for (let error = thrown, depth = 0; depth < 16; depth += 1) {
    if (error === reason) return true
    if (!(error instanceof Error)) return false
    // What fetch, streams and timers throw when their signal fires.
    if (error.name === 'AbortError') return true
    error = error.cause
  }
  return false
}

/**
 * What was thrown by code that had a value in its hands, such as a codec: its name and where it came from, without its
 * words, which may quote that value or a key. As a cause it would be logged, and shown to whoever looks into the error.
 */
export function wordless(thrown: unknown): Error {
  const error = new Error('its words are left out, since they may quote a value')
  if (!(thrown instanceof Error)) return error
  const { name, stack, message } = thrown
  if (typeof name === 'string') error.name = name
  const frames = typeof stack === 'string' ? stack.replace(message, () => '').split('\n') : []
  error.stack = [`${error.name}: ${error.message}`, ...frames.filter((line) => FRAME.test(line))].join('\n')
  return error
}

/** As V8 writes a call: it ends with a place in a file, or with none. */
const FRAME = /^ {4}at .*(?::\d+:\d+|<anonymous>|native)\)?$/u

function facts(name: string, code: string, message: string): ErrorFacts {
  return storableFacts({ class: name, code, message })
}

/** An error as it can be stored: whoever gives one writes what he likes, so each part is cut to its limit. */
export function storableFacts({ class: name, code, message }: ErrorFacts): ErrorFacts {
  return {
    class: cutText(name, ERROR_NAME_MAX_BYTES),
    code: cutText(code, ERROR_NAME_MAX_BYTES),
    message: cutText(message, ERROR_MESSAGE_MAX_BYTES),
  }
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
