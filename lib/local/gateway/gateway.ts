import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InvocationOutcome } from '../environment.ts'
import type { LocalFunction } from '../function.ts'
import { bodyUpTo, serveHttp } from '../http-server.ts'
import { eventOf, type GatewayAuthorizer } from './event.ts'
import { signerOf } from './signatures.ts'
import { bearerOf } from './tokens.ts'

/** Lambda takes no larger event (6 MB). */
const EVENT_MAX_BYTES = 6 * 1_048_576

/** `none`: anyone may ask. `iam`: a request is signed by the local credentials. `jwt`: it has a token of the local issuer. */
export type GatewayAuth = 'none' | 'iam' | 'jwt'

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
  readonly target: LocalFunction
  readonly auth: GatewayAuth
  /** Default: any that is free. */
  readonly port?: number
  /** Takes another port if that one is taken. */
  readonly orAny?: boolean
}): Promise<Gateway> {
  const { orAny = false } = parts
  const at = parts.port === undefined ? {} : { port: parts.port, orAny }
  const { port, stop } = await serveHttp((request, response) => serve(parts, request, response), at)
  return { url: `http://127.0.0.1:${port}`, stop }
}

async function serve(
  { target, auth }: { readonly target: LocalFunction; readonly auth: GatewayAuth },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyUpTo(request, EVENT_MAX_BYTES)
  if (body === undefined) return say(response, 413, 'Request Entity Too Large')
  const authorizer = await authorizerOf(auth, request, body)
  if (auth === 'iam' && authorizer === undefined) return say(response, 403, 'Forbidden')
  if (auth === 'jwt' && authorizer === undefined) {
    response.setHeader('www-authenticate', 'Bearer')
    return say(response, 401, 'Unauthorized')
  }
  const event = eventOf(request, body, authorizer)
  if (event === undefined) return say(response, 400, 'Bad Request')
  if (Buffer.byteLength(JSON.stringify(event)) > EVENT_MAX_BYTES)
    return say(response, 413, 'Request Entity Too Large')
  if (!target.hasRoom()) return say(response, 503, 'Service Unavailable')
  answer(response, await target.invoke(event))
}

async function authorizerOf(
  auth: GatewayAuth,
  request: IncomingMessage,
  body: Buffer,
): Promise<GatewayAuthorizer | undefined> {
  if (auth === 'iam') return signerOf(request, body)
  return auth === 'jwt' ? bearerOf(request) : undefined
}

type GatewayResult = {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

function answer(response: ServerResponse, outcome: InvocationOutcome): void {
  if (outcome.kind === 'timed-out') return say(response, 503, 'Service Unavailable')
  if (outcome.kind !== 'succeeded') return say(response, 500, 'Internal Server Error')
  const { statusCode, headers, body = '', isBase64Encoded } = JSON.parse(outcome.payload) as GatewayResult
  response.writeHead(statusCode, headers)
  response.end(Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'))
}

function say(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}
