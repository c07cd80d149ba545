import { Hono, type Context } from 'hono'
import { ProcessClient } from '../client/client.ts'
import { OperationsClient } from '../client/operations-client.ts'
import { definitionsByKind, type AnyDefinition } from '../effects/definition.ts'
import type { Clock } from '../model/clock.ts'
import { MethodNotAllowed, PayloadTooLarge, UnknownRoute } from '../model/errors.ts'
import { codeOf } from '../model/failure.ts'
import { isProcessId } from '../model/ids.ts'
import { jsonBytes } from '../model/json.ts'
import { expectConfig, type Options } from '../model/options.ts'
import {
  API_ANSWER_MAX_BYTES,
  API_RETRY_AFTER_S,
  API_WAIT_MARGIN_MS,
  API_WAIT_MAX_MS,
} from '../model/limits-http.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { SILENT, type Facts, type Telemetry } from '../telemetry/port.ts'
import type { QueueWatch } from '../queue/queue-watch.ts'
import type { Doorbell } from '../queue/doorbell.ts'
import { callerOf, expectAllowed, type ApiAuth, type Authorizer } from './identity.ts'
import { openApi } from './openapi.ts'
import { problemOf } from './problems.ts'
import { readQuery, readRequest } from './reading.ts'
import type { RouteAnswer, Route, RouteParts } from './route.ts'
import { ROUTES } from './routes/index.ts'

export type ApiParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  /** Without it `/v1/health` has no queues. */
  readonly queues?: QueueWatch
  /** Of the package that made the stack, for `/v1/health`. */
  readonly version?: string
  /** The kinds that can be started: their schemas check inputs. */
  readonly definitions: readonly AnyDefinition[]
  readonly telemetry?: Telemetry
  /** Default `platform`. */
  readonly auth?: ApiAuth
  /** Before `read`, `start` and the others in a token's scopes. Default `leasehold/`. */
  readonly scopePrefix?: string
}

const PARTS: Options<ApiParts> = {
  registry: 'any',
  doorbell: 'any',
  clock: 'any',
  queues: 'any',
  version: 'text',
  definitions: 'any',
  telemetry: 'any',
  auth: ['platform', 'none'],
  scopePrefix: 'text',
}

/** What the platform says about a request. */
export type Platform = {
  readonly authorizer?: Authorizer
  /** How long the invocation may still take. */
  readonly remainingMs?: number
}
type Env = { Bindings: Platform; Variables: { about?: Facts } }

/** The API as an app that anything can serve that speaks in `Request` and `Response`. */
export function apiApp(parts: ApiParts): Hono<Env> {
  expectConfig<ApiParts>(parts, PARTS)
  const {
    telemetry = SILENT,
    auth = 'platform',
    scopePrefix = 'leasehold/',
    definitions,
    queues,
    version,
    ...ports
  } = parts
  const direct = { ...ports, telemetry }
  const routeParts = {
    direct,
    client: new ProcessClient({ ...direct, definitions }),
    operations: new OperationsClient({
      ...direct,
      definitions,
      ...(queues === undefined ? {} : { queues }),
      ...(version === undefined ? {} : { version }),
    }),
    definitions: definitionsByKind(definitions),
  }
  const app = new Hono<Env>()
  for (const route of ROUTES) {
    app.on(route.method, honoPath(route), async (c) => {
      const by = allowed(route, c.env.authorizer, { auth, scopePrefix })
      const asked = await readRequest(route, c.req.raw, c.req.param())
      c.set('about', aboutOf(route, asked))
      const answer = await serve(route, routeParts, { ...asked, ...by, platform: c.env })
      telemetry.count('Requested', 1, { route: route.name, status: answer.status })
      return respond(answer)
    })
  }
  app.get('/openapi.json', (c) => {
    readQuery(c.req.raw, undefined)
    return respond({ status: 200, body: openApi() })
  })
  for (const [path, allow] of methodsByPath()) {
    app.all(path, () => {
      throw new MethodNotAllowed({ allow })
    })
  }
  app.notFound((c) => refuse(c, telemetry, new UnknownRoute()))
  app.onError((error, c) => refuse(c, telemetry, error))
  return app
}

function allowed(
  route: Route,
  authorizer: Authorizer | undefined,
  policy: { auth: ApiAuth; scopePrefix: string },
): { by?: string } {
  const caller = callerOf(authorizer)
  if (route.scope !== undefined) expectAllowed(caller, route.scope, policy)
  return caller?.by === undefined ? {} : { by: caller.by }
}

async function serve(
  route: Route,
  parts: RouteParts,
  { platform, ...asked }: { params: unknown; query: unknown; body: unknown; by?: string; platform: Platform },
): Promise<RouteAnswer> {
  const leftMs = (platform.remainingMs ?? Number.POSITIVE_INFINITY) - API_WAIT_MARGIN_MS
  const waitAtMostMs = Math.max(0, Math.min(API_WAIT_MAX_MS, leftMs))
  return route.handle(parts, { ...asked, waitAtMostMs })
}

/** Throws `PayloadTooLarge` where the platform could not hand the answer on. */
function respond({ status, body, headers }: RouteAnswer): Response {
  if (body === undefined) return new Response(null, { status, ...(headers && { headers }) })
  const text = JSON.stringify(body)
  // A function's answer carries the body as a JSON string, with every quote escaped.
  const bytes = jsonBytes(text)
  if (bytes > API_ANSWER_MAX_BYTES)
    throw new PayloadTooLarge({ what: 'the answer', bytes, maxBytes: API_ANSWER_MAX_BYTES })
  const type = status >= 400 ? 'application/problem+json' : 'application/json'
  return new Response(text, { status, headers: { 'content-type': type, ...headers } })
}

function refuse(c: Context<Env>, telemetry: Telemetry, error: unknown): Response {
  const problem = problemOf(error)
  const { status, code } = problem
  const { method } = c.req
  telemetry.count(status < 500 ? 'Rejected' : 'RequestFailed', 1, { code, status, method })
  // A store that does not answer and a bug look alike from outside: here is where they are told apart.
  if (status >= 500)
    telemetry.error('a request failed', error, { ...c.var.about, code: codeOf(error), method })
  return respond({
    status,
    body: problem,
    headers: {
      ...(status === 429 || status === 503 ? { 'retry-after': String(API_RETRY_AFTER_S) } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer, AWS4-HMAC-SHA256' } : {}),
      ...(error instanceof MethodNotAllowed ? { allow: error.allow } : {}),
    },
  })
}

/** By which a line names a request. Any text may stand in its id and kind: in a log only one that is good. */
function aboutOf({ name }: Route, { params, body }: { params: unknown; body: unknown }): Facts {
  const { id, kind }: { id?: unknown; kind?: unknown } = { ...Object(body), ...Object(params) }
  return { route: name, ...(isProcessId(id) && { id }), ...(isProcessId(kind) && { kind }) }
}

function methodsByPath(): ReadonlyMap<string, string> {
  const byPath = Map.groupBy(ROUTES, honoPath)
  return new Map([
    ['/openapi.json', 'GET'],
    ...[...byPath].map(([path, routes]): [string, string] => [
      path,
      routes.map(({ method }) => method).join(', '),
    ]),
  ])
}

function honoPath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/gu, ':$1')
}
