import type { Chance, Clock } from '../../model/clock.ts'
import {
  Forbidden,
  RequestFailed,
  Throttled,
  Unauthenticated,
  type LeaseholdError,
} from '../../model/errors.ts'
import {
  HTTP_RETRY_BASE_MS,
  HTTP_RETRY_MAX_MS,
  HTTP_TIMEOUT_MS,
  HTTP_TRIES,
} from '../../model/limits-http.ts'
import { pause } from '../following.ts'
import { errorOf, readProblem } from './problems.ts'
import type { Authenticator, UnsignedRequest } from './signing.ts'
import { isError } from '../../model/realm.ts'

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>

export type TransportParts = {
  /** Where the API is: paths are below it. */
  readonly base: URL
  readonly auth: Authenticator
  readonly fetch: Fetch
  readonly clock: Clock
  readonly chance: Chance
}

export type ApiCall = {
  readonly method: 'GET' | 'POST'
  /** `/v1/processes/order-7` */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: object
  /** How long the API was asked to wait. */
  readonly waitMs?: number
  readonly signal?: AbortSignal
}

export type ApiReply = { readonly status: number; readonly body: unknown }

/** One try: an answer to keep, or what is wrong, whether trying again may help, and how long the API says to wait. */
type Attempt =
  | { readonly reply: ApiReply }
  | { readonly error: LeaseholdError; readonly again: boolean; readonly afterMs?: number }

/**
 * Sends a request until it is answered for good. Every call of the API may be repeated, so everything is tried again
 * that may pass: no answer, throttling, a fault on the other side. Throws the error that the API names, else
 * `RequestFailed`, `Throttled`, `Unauthenticated` or `Forbidden`.
 */
export async function send(parts: TransportParts, call: ApiCall): Promise<ApiReply> {
  for (let tries = 1; ; tries += 1) {
    const tried = await tryOnce(parts, call, tries)
    if ('reply' in tried) return tried.reply
    call.signal?.throwIfAborted()
    if (!tried.again || tries >= HTTP_TRIES) throw tried.error
    const ceilingMs = Math.min(HTTP_RETRY_MAX_MS, HTTP_RETRY_BASE_MS * 2 ** (tries - 1))
    const jittered = parts.chance.random() * ceilingMs
    await pause(parts.clock, Math.max(jittered, Math.min(tried.afterMs ?? 0, HTTP_RETRY_MAX_MS)), call.signal)
  }
}

async function tryOnce(parts: TransportParts, call: ApiCall, tries: number): Promise<Attempt> {
  const failed = (reason: string, cause?: unknown, status?: number): LeaseholdError => {
    const { method, path } = call
    return new RequestFailed(
      { method, path, tries, reason, ...(status === undefined ? {} : { status }) },
      cause,
    )
  }
  let response: Response
  let text: string
  const timer = new AbortController()
  const cancel = parts.clock.after(HTTP_TIMEOUT_MS + (call.waitMs ?? 0), () => timer.abort())
  try {
    const request = outgoing(parts.base, call)
    const { body, method } = request
    const headers = await parts.auth(request)
    const signal = call.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, call.signal])
    // A redirect would send the signature, or the token, to another host.
    const init: RequestInit = { method, headers, signal, redirect: 'error' }
    response = await parts.fetch(request.url, body === undefined ? init : { ...init, body })
    text = await response.text()
  } catch (error) {
    return { error: failed(timer.signal.aborted ? 'no answer in time' : reasonOf(error), error), again: true }
  } finally {
    cancel()
  }
  const { status } = response
  const value = parsed(text)
  if (status >= 200 && status < 300) {
    if (text === '' || value !== undefined) return { reply: { status, body: value } }
    return { error: failed('the answer is no JSON', undefined, status), again: true }
  }
  const problem = readProblem(value)
  const known = problem === undefined ? undefined : errorOf(problem)
  return {
    error: known ?? ofPlatform(status) ?? failed(problem?.detail ?? `status ${status}`, undefined, status),
    again: status >= 500 || status === 429 || status === 408,
    ...retryAfter(response),
  }
}

function outgoing(base: URL, { method, path, query = {}, body }: ApiCall): UnsignedRequest {
  const url = new URL(`${base.pathname.replace(/\/$/u, '')}${path}`, base)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value))
  if (body === undefined) return { method, url, headers: { accept: 'application/json' } }
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return { method, url, headers, body: JSON.stringify(body) }
}

/** Refused before the API was reached. */
function ofPlatform(status: number): LeaseholdError | undefined {
  if (status === 401) return new Unauthenticated()
  if (status === 403) return new Forbidden({ needs: 'the right to call this route' })
  if (status === 429) return new Throttled({ reason: 'the platform takes no more requests' })
  return undefined
}

/** Seconds, as every platform in between sends it; a date is not worth the code. */
function retryAfter(response: Response): { afterMs?: number } {
  const text = response.headers.get('retry-after') ?? ''
  return /^\d{1,6}$/u.test(text) ? { afterMs: Number(text) * 1_000 } : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // No answer of the API: a proxy's page, or half of one.
    return undefined
  }
}

/** fetch says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  if (!isError(error)) return 'no answer'
  return isError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message
}
