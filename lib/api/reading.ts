import * as v from 'valibot'
import { InvalidInput, PayloadTooLarge, UnsupportedContent, type Issue } from '../model/errors.ts'
import { readJsonText } from '../model/json-text.ts'
import { API_BODY_MAX_BYTES } from '../model/limits-http.ts'
import { toIssues } from '../model/validation.ts'
import type { Route, RouteShape } from './route.ts'
import { isError } from '../model/realm.ts'

// From a request to checked values, once, at the edge.

/** Everything a route declares of a request. Throws `InvalidInput`, `PayloadTooLarge`, `UnsupportedContent`. */
export async function readRequest(
  route: Route,
  request: Request,
  params: Readonly<Record<string, string>>,
): Promise<{ params: unknown; query: unknown; body: unknown }> {
  return {
    params: route.params === undefined ? undefined : checked('the path', route.params, params),
    query: readQuery(request, route.query),
    body: route.body === undefined ? undefined : checked('the request', route.body, await jsonOf(request)),
  }
}

const NO_QUERY = v.strictObject({})

/** The query of a request. Throws `InvalidInput`, also on a parameter that the route does not have. */
export function readQuery(request: Request, schema: RouteShape | undefined): unknown {
  return checked('the query', schema ?? NO_QUERY, queryOf(new URL(request.url).searchParams, schema))
}

/** The schema's output for a value that a caller sent. Throws `InvalidInput`. */
export function checked<Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  throw new InvalidInput({ what, issues: toIssues(parsed.issues) })
}

/** Texts, and numbers where the schema wants one and the text is one. */
function queryOf(search: URLSearchParams, schema: RouteShape | undefined): Record<string, unknown> {
  const issues: Issue[] = []
  const query: Record<string, unknown> = {}
  for (const key of new Set(search.keys())) {
    const [text = '', ...more] = search.getAll(key)
    if (more.length > 0)
      issues.push({ path: key, message: `expected it once, got it ${more.length + 1} times` })
    const number = isNumber(schema?.entries[key]) && /^-?\d{1,16}$/u.test(text)
    // Own, whatever the key: no name in a URL may reach a prototype.
    Object.defineProperty(query, key, { value: number ? Number(text) : text, enumerable: true })
  }
  if (issues.length > 0) throw new InvalidInput({ what: 'the query', issues })
  return query
}

function isNumber(schema: v.GenericSchema | undefined): boolean {
  if (schema === undefined) return false
  if (schema.type === 'number') return true
  return 'wrapped' in schema && isNumber(schema.wrapped as v.GenericSchema)
}

/** A body may be left out where nothing in it has to be said. */
async function jsonOf(request: Request): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > API_BODY_MAX_BYTES) throw tooLarge(declared)
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length > API_BODY_MAX_BYTES) throw tooLarge(bytes.length)
  // No body says nothing in no format: where something has to be said, its fields are missing.
  if (bytes.length === 0) return {}
  const type = request.headers.get('content-type')
  if (type === null || !/^application\/json\s*(?:;|$)/iu.test(type))
    throw new UnsupportedContent({
      reason: type === null ? 'it has no content type' : 'its content type is not application/json',
    })
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') throw new UnsupportedContent({ reason: 'it is encoded' })
  const value = parseJson(bytes)
  // A list has keys too, so a schema of an object takes an empty one for an object without any.
  if (!Array.isArray(value)) return value
  throw new InvalidInput({
    what: 'the request',
    issues: [{ path: '', message: 'expected an object, got a list' }],
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    const { value, issues } = readJsonText(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (issues.length === 0) return value
    throw new InvalidInput({ what: 'the request', issues })
  } catch (error) {
    if (error instanceof InvalidInput) throw error
    const message =
      isError(error) && error.name === 'SyntaxError' ? 'expected JSON' : 'expected text in UTF-8'
    throw new InvalidInput({ what: 'the request', issues: [{ path: '', message }] }, error)
  }
}

function tooLarge(bytes: number): PayloadTooLarge {
  return new PayloadTooLarge({ what: 'the body', bytes, maxBytes: API_BODY_MAX_BYTES })
}
