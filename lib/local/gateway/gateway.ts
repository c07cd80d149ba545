import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { InvocationOutcome } from '../environment.ts'
import type { LocalFunction } from '../function.ts'
import { bodyUpTo, serveHttp } from '../http-server.ts'
import { answer, say } from './answer.ts'
import { eventOf, type GatewayAuthorizer } from './event.ts'
import { signerOf } from './signatures.ts'
import { bearerOf } from './tokens.ts'

/** An HTTP API takes no larger request (10 MB). */
const REQUEST_MAX_BYTES = 10 * 1_048_576
/** Lambda takes no larger event (6 MB). */
const EVENT_MAX_BYTES = 6 * 1_048_576
/** An HTTP API waits no longer for a function, which continues. */
const INTEGRATION_TIMEOUT_MS = 30_000

/** `none`: anyone may ask. `iam`: a request is signed by the local credentials. `jwt`: it has a token of the local issuer. */
export type GatewayAuth = 'none' | 'iam' | 'jwt'

type Target = Pick<LocalFunction, 'hasRoom' | 'invoke'>

export type Gateway = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Drops what is under way. */
  stop(): Promise<void>
}

/**
 * What stands before a function that is called by HTTP: makes events of requests and answers of results, with the paths
 * and the errors of an HTTP API. An environment serves one request at a time; if all are busy, the answer is 503.
 */
export async function startGateway(parts: {
  readonly target: Target
  readonly auth: GatewayAuth
  /** Default: any that is free. */
  readonly port?: number
  /** Takes another port if that one is taken. */
  readonly orAny?: boolean
  /** How long a request waits for the function. Default 30 s, the most that an HTTP API waits. */
  readonly timeoutMs?: number
}): Promise<Gateway> {
  const { orAny = false } = parts
  const at = parts.port === undefined ? {} : { port: parts.port, orAny }
  const { port, stop } = await serveHttp((request, response) => serve(parts, request, response), at)
  return { url: `http://127.0.0.1:${port}`, stop }
}

async function serve(
  parts: { readonly target: Target; readonly auth: GatewayAuth; readonly timeoutMs?: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { target, auth, timeoutMs = INTEGRATION_TIMEOUT_MS } = parts
  const body = await bodyUpTo(request, REQUEST_MAX_BYTES)
  if (body === undefined) return say(response, 413, 'Request Entity Too Large')
  const authorizer = await authorizerOf(auth, request, body)
  if (auth === 'iam' && authorizer === undefined) return say(response, 403, 'Forbidden')
  if (auth === 'jwt' && authorizer === undefined) {
    response.setHeader('www-authenticate', 'Bearer')
    return say(response, 401, 'Unauthorized')
  }
  const event = eventOf(request, body, authorizer)
  if (event === 'undecodable') return say(response, 400, 'Bad Request')
  if (event === 'no-route') return say(response, 404, 'Not Found')
  if (Buffer.byteLength(JSON.stringify(event)) > EVENT_MAX_BYTES)
    return say(response, 413, 'Request Entity Too Large')
  if (!target.hasRoom()) return say(response, 503, 'Service Unavailable')
  answer(response, await within(timeoutMs, target.invoke(event)))
}

/** The outcome, or `timed-out` while the function continues. */
async function within(ms: number, invoked: Promise<InvocationOutcome>): Promise<InvocationOutcome> {
  const timer = new AbortController()
  const error = { type: 'Integration.Timeout', message: `the integration took more than ${ms} ms` }
  try {
    const tooLate = pause(ms, { kind: 'timed-out', error } as const, { signal: timer.signal })
    return await Promise.race([invoked, tooLate])
  } finally {
    timer.abort()
  }
}

async function authorizerOf(
  auth: GatewayAuth,
  request: IncomingMessage,
  body: Buffer,
): Promise<GatewayAuthorizer | undefined> {
  if (auth === 'iam') return signerOf(request, body)
  return auth === 'jwt' ? bearerOf(request) : undefined
}
