import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type { Platform } from './app.ts'
import type { Authorizer } from './identity.ts'

// Lambda's payload 2.0, as HTTP APIs and function URLs send it.

/** The event of either: what the type of an HTTP API's says of an authorizer leaves out IAM. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'rawPath' | 'rawQueryString' | 'headers' | 'body' | 'isBase64Encoded'
> & {
  readonly requestContext: {
    readonly domainName?: string
    readonly http: { readonly method: string }
    readonly authorizer?: Authorizer
  }
}

export function requestOf(event: HttpEvent): Request {
  const { rawPath, rawQueryString, requestContext, body } = event
  const headers = new Headers()
  for (const [name, value] of Object.entries(event.headers))
    if (value !== undefined && HEADER_NAME.test(name) && HEADER_VALUE.test(value)) headers.set(name, value)
  const url = new URL(`https://${requestContext.domainName ?? 'localhost'}`)
  // Set one by one: a path that begins with two slashes names no other host.
  url.pathname = encodedPath(rawPath, url.hostname)
  url.search = rawQueryString
  const bytes = body === undefined ? undefined : Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8')
  // The platform's number is that of what it passes on.
  if (bytes !== undefined) headers.set('content-length', String(bytes.length))
  const { method: asked } = requestContext.http
  // No route takes either. If the function failed on it, any caller could raise the function's alarm.
  const method = SENDABLE.test(asked) ? asked : 'OPTIONS'
  const hasBody = bytes !== undefined && method !== 'GET' && method !== 'HEAD'
  return new Request(url, { method, headers, ...(hasBody ? { body: bytes } : {}) })
}

/**
 * A function URL passes a path on as it was sent. An HTTP API decodes it first: what looks like an escape there is text, and
 * must not be decoded a second time.
 */
function encodedPath(rawPath: string, hostname: string): string {
  return hostname.includes('.lambda-url.') ? rawPath : rawPath.replaceAll('%', '%25')
}

/** What a `Request` can hold. A header of other characters is none that is read here: it is left out, as if it was not sent. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/u
const HEADER_VALUE = /^[\t\u0020-\u007E\u0080-\u00FF]*$/u
const SENDABLE = /^(?!(?:CONNECT|TRACE|TRACK)$)[A-Z]+$/u

export function platformOf(event: HttpEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Platform {
  const { authorizer } = event.requestContext
  return {
    remainingMs: context.getRemainingTimeInMillis(),
    ...(authorizer === undefined ? {} : { authorizer }),
  }
}

/** Every answer of ours is text. */
export async function resultOf(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    isBase64Encoded: false,
  }
}
