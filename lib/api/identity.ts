import { Forbidden, Unauthenticated } from '../model/errors.ts'
import type { Scope } from './route.ts'

// Who asks. The platform has authenticated the caller before the function runs, and says in the event whom it found:
// by IAM (a signed request) or by JWT (a bearer token). The function trusts nothing else of a request.

/**
 * `platform`: a request without an identity is refused, whatever let it through. `none`: no identity is needed, for
 * your own machine.
 */
export type ApiAuth = 'platform' | 'none'

export type Caller = {
  /** For the record of who asked to cancel and the like. */
  readonly by?: string
  /** Absent where scopes do not apply: IAM policies have decided already. */
  readonly scopes?: ReadonlySet<string>
}

/** The part of the event that says who asks: `requestContext.authorizer`. */
export type Authorizer = {
  readonly iam?: { readonly userArn?: string | null; readonly callerId?: string | null } | null
  readonly jwt?: {
    readonly claims?: Readonly<Record<string, unknown>> | null
    readonly scopes?: readonly string[] | null
  } | null
}

/** Undefined if the platform has no identity for the request. */
export function callerOf(authorizer: Authorizer | undefined): Caller | undefined {
  const jwt = authorizer?.jwt
  if (jwt !== undefined && jwt !== null) {
    const claims = jwt.claims ?? {}
    const by = [claims['sub'], claims['client_id']].find((claim) => typeof claim === 'string')
    const scopes = new Set([claims['scope'], claims['scp'], jwt.scopes].flatMap(wordsOf))
    return { scopes, ...(typeof by === 'string' ? { by } : {}) }
  }
  const { userArn, callerId } = authorizer?.iam ?? {}
  const by = [userArn, callerId].find((name) => typeof name === 'string' && name !== '')
  return typeof by === 'string' ? { by } : undefined
}

/** Throws `Unauthenticated` or `Forbidden`. */
export function expectAllowed(
  caller: Caller | undefined,
  needs: Scope,
  policy: { readonly auth: ApiAuth; readonly scopePrefix: string },
): void {
  if (caller === undefined) {
    if (policy.auth === 'none') return
    throw new Unauthenticated()
  }
  const scope = `${policy.scopePrefix}${needs}`
  if (caller.scopes !== undefined && !caller.scopes.has(scope))
    throw new Forbidden({ needs: `scope ${scope}` })
}

/** Words with spaces between, a list, or a list that an HTTP API has made into the text `[a b]`. */
function wordsOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((word): word is string => typeof word === 'string')
  if (typeof claim !== 'string') return []
  return claim
    .replaceAll(/^\[|\]$/gu, '')
    .split(/[\s,]+/u)
    .filter((word) => word !== '')
}
