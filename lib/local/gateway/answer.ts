import type { ServerResponse } from 'node:http'
import * as v from 'valibot'
import type { InvocationOutcome } from '../environment.ts'

// A function's result as an HTTP API answers it, by the rules of payload 2.0.

/** A list is a record of its places to valibot. */
const NO_LIST = v.custom<object>((value) => !Array.isArray(value))
const RESULT = v.object({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  headers: v.optional(
    v.pipe(NO_LIST, v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
    {},
  ),
  cookies: v.optional(v.array(v.string()), []),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
})
type Result = v.InferOutput<typeof RESULT>

/** A result without a status is a body of JSON. Undefined if the platform cannot make an answer of the result. */
function resultIn(payload: string): Result | undefined {
  const result: unknown = JSON.parse(payload)
  if (typeof result !== 'object' || result === null || !('statusCode' in result))
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [],
      body: typeof result === 'string' ? result : payload,
      isBase64Encoded: false,
    }
  const parsed = v.safeParse(RESULT, result)
  return parsed.success ? parsed.output : undefined
}

export function answer(response: ServerResponse, outcome: InvocationOutcome): void {
  if (outcome.kind === 'timed-out') return say(response, 503, 'Service Unavailable')
  const result = outcome.kind === 'succeeded' ? resultIn(outcome.payload) : undefined
  if (result === undefined || !setHeaders(response, result))
    return say(response, 500, 'Internal Server Error')
  response.writeHead(result.statusCode)
  response.end(Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8'))
}

/** False, and no header is set, if HTTP cannot hold one of them. */
function setHeaders(response: ServerResponse, { headers, cookies }: Result): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value))
    if (cookies.length > 0) response.setHeader('set-cookie', cookies)
    return true
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    return false
  }
}

export function say(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}
