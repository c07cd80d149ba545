import { createHash, timingSafeEqual } from 'node:crypto'
import { API_BODY_MAX_BYTES } from '../model/limits-http.ts'
import type { Assets } from './assets.ts'
import { consoleErrorOf, refusals } from './errors.ts'
import { HEADERS } from './headers.ts'
import { OPERATIONS, type ConsoleApi } from './operations.ts'
import type { ConsoleError, OperationName, SessionHeader } from './protocol.ts'

export type ConsoleRequest = {
  readonly method: string
  /** As the request line has it. */
  readonly url: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Undefined if it is larger. */
  readonly body: (maxBytes: number) => Promise<Buffer | undefined>
}
export type ConsoleResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type ConsoleParts = {
  readonly api: ConsoleApi
  readonly assets: Assets
  /** Values of Host that are this server: `127.0.0.1:4748`. */
  readonly hosts: readonly string[]
  /** What the address of the page has in its fragment. */
  readonly secret: string
  /** Told of a fault of the console itself. */
  readonly onFault: (error: unknown) => void
}

const SESSION: SessionHeader = 'x-leasehold-session'
const JSON_TYPE = /^application\/json(?:;|$)/u
/** Each is a screen of the page; none of them has data of its own. */
const SCREEN = /^\/(?:$|(?:p|kinds|slots)\/[^/]+$|(?:health|kinds|slots|dlq|schedules|replay)$)/u

/**
 * Answers a request. What keeps other sites out is checked in this order, each before anything of the request is used: the
 * Host, the origin, the session's secret.
 */
export async function respond(parts: ConsoleParts, request: ConsoleRequest): Promise<ConsoleResponse> {
  const host = request.headers['host']
  // A site may let its own name point at this machine: its page then has another Host.
  if (typeof host !== 'string' || !parts.hosts.includes(host)) return failed(refusals.host(parts.hosts))
  const [path = ''] = request.url.split('?')
  if (path.startsWith('/api/')) return answer(parts, request, { host, operation: path.slice('/api/'.length) })
  const file = fileOf(parts.assets, path)
  if (file === undefined) return failed(refusals.path())
  if (request.method !== 'GET' && request.method !== 'HEAD') return failed(refusals.method('GET'))
  return { status: 200, headers: { ...HEADERS, 'content-type': file.type }, body: file.text }
}

async function answer(
  parts: ConsoleParts,
  request: ConsoleRequest,
  { host, operation: name }: { readonly host: string; readonly operation: string },
): Promise<ConsoleResponse> {
  const refused = refusalOf(parts, request, host)
  if (refused !== undefined) return failed(refused)
  if (!isOperation(name)) return failed(refusals.operation())
  const operation = OPERATIONS[name]
  const { target } = parts.api
  if (operation.access === 'write' && !target.writes) return failed(refusals.readOnly(target))
  const body = await request.body(API_BODY_MAX_BYTES)
  if (body === undefined) return failed(refusals.tooLarge(API_BODY_MAX_BYTES))
  const params = parsed(body.toString('utf8'))
  if (params === undefined) return failed(refusals.content())
  try {
    return json(200, { value: await operation.run(parts.api, params) })
  } catch (error) {
    const told = consoleErrorOf(error, target)
    if (told.code === 'unexpected') parts.onFault(error)
    return failed(told)
  }
}

function refusalOf(
  { secret }: ConsoleParts,
  { method, headers }: ConsoleRequest,
  host: string,
): ConsoleError | undefined {
  if (method !== 'POST') return refusals.method('POST')
  // Browsers send it with every POST, and a page cannot change it.
  if (headers['origin'] !== `http://${host}`) return refusals.origin()
  const given = headers[SESSION]
  if (typeof given !== 'string' || !isSame(given, secret)) return refusals.session()
  const type = headers['content-type']
  return typeof type === 'string' && JSON_TYPE.test(type) ? undefined : refusals.content()
}

/** Takes as long for a wrong secret as for one that is nearly right. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(hash(given), hash(secret))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name)
}

function fileOf({ html, script, styles }: Assets, path: string): { type: string; text: string } | undefined {
  if (path === '/app.js') return { type: 'text/javascript; charset=utf-8', text: script }
  if (path === '/app.css') return { type: 'text/css; charset=utf-8', text: styles }
  return SCREEN.test(path) ? { type: 'text/html; charset=utf-8', text: html } : undefined
}

/** No JSON text parses to undefined. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The refusal says what was expected; the text may hold a secret.
    return undefined
  }
}

function failed(error: ConsoleError): ConsoleResponse {
  return json(error.status, { error })
}

function json(status: number, body: object): ConsoleResponse {
  const headers = { ...HEADERS, 'content-type': 'application/json; charset=utf-8' }
  return { status, headers, body: JSON.stringify(body) }
}
