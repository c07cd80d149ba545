import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

// A request as Lambda gets it from an HTTP API: payload 2.0.

const ACCOUNT = '000000000000'
/** What a platform passes on as text; the rest goes in base64. */
const TEXT = /^(?:text\/|application\/(?:[\w.+-]*(?:json|xml|javascript)|x-www-form-urlencoded))/iu

/** Who a platform has found to be asking. */
export type GatewayAuthorizer =
  | { readonly iam: Readonly<Record<string, string | null>> }
  | { readonly jwt: { readonly claims: Readonly<Record<string, string>>; readonly scopes: null } }

/** The one route that the construct gives an API: any method, and any path but the root. */
const ROUTE_KEY = 'ANY /{proxy+}'
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `undecodable`: an escape in the path stands for no text. `no-route`: the path is the root. */
export function eventOf(
  request: IncomingMessage,
  body: Buffer,
  authorizer: GatewayAuthorizer | undefined,
): Record<string, unknown> | 'undecodable' | 'no-route' {
  const { method = 'GET', url = '/', headers } = request
  const [sentPath = '/', ...query] = url.split('?')
  const rawPath = decodedPath(sentPath)
  if (rawPath === undefined) return 'undecodable'
  const proxy = rawPath.slice(1)
  if (proxy === '') return 'no-route'
  const rawQueryString = query.join('?')
  const { cookie, ...plainHeaders } = headersOf(request)
  const host = headers.host ?? 'localhost'
  const now = new Date()
  return {
    version: '2.0',
    routeKey: ROUTE_KEY,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; ?/u) }),
    headers: plainHeaders,
    ...(rawQueryString === '' ? {} : { queryStringParameters: parametersIn(rawQueryString) }),
    pathParameters: { proxy },
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
      routeKey: ROUTE_KEY,
      stage: '$default',
      time: logTime(now),
      timeEpoch: now.getTime(),
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

/** Decoded, one value a name: several of a name come joined. */
function parametersIn(rawQueryString: string): Record<string, string> {
  const values = Map.groupBy(new URLSearchParams(rawQueryString), ([name]) => name)
  return Object.fromEntries(
    [...values].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(',')]),
  )
}

/** As access logs have it: `29/Nov/2026:09:05:01 +0000`. */
function logTime(at: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T')
  const [year, month, date] = day.split('-')
  return `${date}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
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
