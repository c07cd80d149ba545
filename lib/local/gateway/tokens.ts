import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { GatewayAuthorizer } from './event.ts'

// Tokens as a JWT authorizer takes them, of an issuer that everyone can be: signed by HMAC with a secret that is known.

/** The secret of a local stack's tokens. */
const LOCAL_TOKEN_SECRET = 'local'

export type Claims = {
  readonly sub: string
  /** Scopes with spaces between: `leasehold/read leasehold/start`. */
  readonly scope?: string
  /** Until when it is good, in seconds since 1970. Default: for ever. */
  readonly exp?: number
}

/** A token with these claims, which the gateway of a local stack takes. */
export function localToken(claims: Claims): string {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${signed}.${signatureOf(signed)}`
}

/** The identity in a request's token; undefined if it has none, a forged one, or an expired one. */
export function bearerOf(request: IncomingMessage): GatewayAuthorizer | undefined {
  const [, header = '', payload = '', given = ''] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/iu.exec(request.headers.authorization ?? '') ?? []
  const expected = Buffer.from(signatureOf(`${header}.${payload}`))
  const signature = Buffer.from(given)
  if (expected.length !== signature.length || !timingSafeEqual(expected, signature)) return undefined
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
  if (typeof claims['exp'] === 'number' && claims['exp'] * 1_000 <= Date.now()) return undefined
  // An HTTP API hands every claim on as a text.
  const texts = Object.entries(claims).map(([name, claim]) => [name, textOf(claim)])
  return { jwt: { claims: Object.fromEntries(texts) as Record<string, string>, scopes: null } }
}

function textOf(claim: unknown): string {
  if (Array.isArray(claim)) return `[${claim.join(' ')}]`
  return typeof claim === 'string' ? claim : JSON.stringify(claim)
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signatureOf(text: string): string {
  return createHmac('sha256', LOCAL_TOKEN_SECRET).update(text).digest('base64url')
}
