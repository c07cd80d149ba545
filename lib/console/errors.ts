import { STATUS_OF } from '../api/problems.ts'
import { LeaseholdError } from '../model/errors.ts'
import type { ConsoleError, ConsoleTarget } from './protocol.ts'

// What the console refuses by itself, and how it passes on what the API refuses.

/** A refusal of what is not the API: of the queues. */
export class ConsoleRefused extends Error {
  override readonly name = 'ConsoleRefused'
  readonly told: ConsoleError
  constructor(told: ConsoleError, options?: ErrorOptions) {
    super(told.message, options)
    this.told = told
  }
}

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
  noQueues: (): ConsoleError => ({
    code: 'no_queues',
    status: 501,
    message:
      'this target does not name its queues, so its dead letters cannot be shown; start the console with --stack NAME, or with --local',
  }),
  deadLetter: (messageId: string): ConsoleError => ({
    code: 'unknown_dead_letter',
    status: 404,
    message: `no dead letter ${messageId}: it was sent back or deleted, or another look hides it for up to five minutes`,
  }),
  queueRights: (code: string): ConsoleError => ({
    code: 'queue_refused',
    status: 403,
    message: `SQS refused: ${code}; leasehold dlq --help names the rights`,
  }),
  queue: (code: string): ConsoleError => ({
    code: 'queue_failed',
    status: 502,
    message: `SQS failed: ${code}; the letters that this look has received are back within five minutes`,
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
  if (error instanceof ConsoleRefused) return error.told
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
