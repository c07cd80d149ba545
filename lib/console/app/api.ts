import type { ConsoleError, OperationName, ParamsOf, SessionHeader, ValueOf } from '../protocol.ts'
import { sessionSecret } from './session.ts'

// Requests to the console's own server.

const SESSION_HEADER: SessionHeader = 'x-leasehold-session'

/** A refusal of the server, or no answer of it. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly code: string
  readonly status: number

  constructor({ code, message, status }: ConsoleError, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = status
  }
}

/** Throws `RequestRefused`, with the code `console_gone` where the server of the console does not answer. */
export async function ask<Name extends OperationName>(
  operation: Name,
  params: ParamsOf<Name>,
  signal?: AbortSignal,
): Promise<ValueOf<Name>> {
  const answer = await answerTo(operation, params, signal)
  if (isRecord(answer) && 'value' in answer) return answer['value'] as ValueOf<Name>
  const error = isRecord(answer) ? answer['error'] : undefined
  if (isError(error)) throw new RequestRefused(error)
  const message = 'The server answers in a way that this page does not know. Reload the page.'
  throw new RequestRefused({ code: 'unknown_answer', message, status: 500 })
}

async function answerTo(operation: string, params: object, signal?: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(`/api/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SESSION_HEADER]: sessionSecret() },
      body: JSON.stringify(params),
      ...(signal && { signal }),
    })
    return await response.json()
  } catch (cause) {
    signal?.throwIfAborted()
    const message =
      'The console’s own server does not answer. Start it again and open the address that it prints.'
    throw new RequestRefused({ code: 'console_gone', message, status: 0 }, { cause })
  }
}

function isError(value: unknown): value is ConsoleError {
  return isRecord(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string'
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}

/** Any error as one that a screen can show. */
export function refusalOf(error: unknown): RequestRefused {
  if (error instanceof RequestRefused) return error
  const message = error instanceof Error ? error.message : String(error)
  return new RequestRefused({ code: 'page_error', message, status: 0 }, { cause: error })
}
