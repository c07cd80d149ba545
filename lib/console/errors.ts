import { STATUS_OF } from '../api/problems.ts'
import { LeaseholdError } from '../model/errors.ts'
import type { ConsoleError, ConsoleTarget } from './protocol.ts'

// What the console refuses by itself, and how it passes on what the API refuses.

export const refusals = {
  host: (hosts: readonly string[]): ConsoleError => ({
    code: 'host_refused',
    status: 421,
    message: `this console is at ${hosts.join(' and ')} only; open the address that the command has printed`,
  }),
  origin: (): ConsoleError => ({
    code: 'origin_refused',
    status: 403,
    message: 'only the page of this console may ask it',
  }),
  session: (): ConsoleError => ({
    code: 'session_refused',
    status: 401,
    message: 'this page is of another session; open the address that the command has printed',
  }),
  path: (): ConsoleError => ({ code: 'unknown_path', status: 404, message: 'the console has no such page' }),
  operation: (): ConsoleError => ({
    code: 'unknown_operation',
    status: 404,
    message: 'the console has no such operation; reload the page',
  }),
  method: (allowed: string): ConsoleError => ({
    code: 'method_not_allowed',
    status: 405,
    message: `this path takes ${allowed}`,
  }),
  readOnly: ({ name }: ConsoleTarget): ConsoleError => ({
    code: 'read_only',
    status: 403,
    message: `this console only reads from the ${name}; start it again with --write to change something`,
  }),
  content: (): ConsoleError => ({
    code: 'unsupported_content',
    status: 415,
    message: 'expected params as JSON, declared as application/json',
  }),
  tooLarge: (maxBytes: number): ConsoleError => ({
    code: 'payload_too_large',
    status: 413,
    message: `the request is larger than ${maxBytes} bytes`,
  }),
}

/** An older API lacks a path, or the method of one. */
const LACKING = new Set(['unknown_route', 'method_not_allowed'])

/** What was thrown, as the page shows it. A fault of the console itself has the code `unexpected`. */
export function consoleErrorOf(error: unknown, target: ConsoleTarget): ConsoleError {
  if (!(error instanceof LeaseholdError))
    return {
      code: 'unexpected',
      status: 500,
      message: 'the console has failed; the command that serves it has printed the reason',
    }
  const { code, message } = error
  if (LACKING.has(code)) return olderStack(target)
  if (code === 'request_failed')
    return { code: 'unreachable', status: 502, message: `the ${target.name} gives no answer: ${message}` }
  return { code, message, status: STATUS_OF[code] ?? 502 }
}

function olderStack({ name, versions }: ConsoleTarget): ConsoleError {
  const its = versions.stack === undefined ? 'another version' : `version ${versions.stack}`
  return {
    code: 'older_stack',
    status: 501,
    message: `the ${name} was made by ${its} of Leasehold, which lacks this; the console is of version ${versions.console}. Deploy this version, or use the console of the stack's version`,
  }
}
