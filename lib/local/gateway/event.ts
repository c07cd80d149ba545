import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

// A request as Lambda gets it from an HTTP API: payload 2.0.

const ACCOUNT = '000000000000'
/** What a platform passes on as text; the rest goes in base64. */
const TEXT = /^(?:text\/|application\/(?:[\w.+-]*(?:json|xml|javascript)|x-www-form-urlencoded))/iu

/** Who a platform has found to be asking. */
export type GatewayAuthorizer =
  | { readonly iam: Readonly<Record<string, string>> }
  | { readonly jwt: { readonly claims: Readonly<Record<string, string>>; readonly scopes: null } }

/** Undefined where an escape in the path stands for no text. */
export function eventOf(
  request: IncomingMessage,
  body: Buffer,
  authorizer: GatewayAuthorizer | undefined,
): Record<string, unknown> | undefined {
  const { method = 'GET', url = '/', headers } = request
  const [sentPath = '/', ...query] = url.split('?')
  const rawPath = decodedPath(sentPath)
  if (rawPath === undefined) return undefined
  const host = headers.host ?? 'localhost'
  const now = Date.now()
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query.join('?'),
    headers: headersOf(request),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: host,
      domainPrefix: 'local',
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
      ...(authorizer === undefined ? {} : { authorizer }),
    },
    ...bodyOf(body, headers['content-type'] ?? ''),
  }
}

/** An HTTP API hands a path over decoded, and only up to a question mark that was escaped in it. */
function decodedPath(sentPath: string): string | undefined {
  try {
    const [path = '/'] = decodeURIComponent(sentPath).split('?')
    return path
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** One value a name: several of a name come joined, as in the event. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(',')]),
  )
}

function bodyOf(body: Buffer, contentType: string): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false }
  const isText = TEXT.test(contentType) && body.equals(Buffer.from(body.toString('utf8'), 'utf8'))
  return isText
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true }
}
