import { Agent, request as send } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { accessKeyOf } from '../../lib/local/credentials.ts'
import { serveHttp } from '../../lib/local/http-server.ts'
import { judge, type Needed } from './judge.ts'
import { neededRights, type Things } from './requests.ts'

/** What one request of a function needed, and by which right it had it. */
export type Decision = {
  readonly accessKeyId: string
  readonly needed: Needed
  readonly by: string | undefined
  readonly allowed: boolean
}

export type IamProxyOptions = {
  /** The service behind the proxy. */
  readonly endpoint: string
  readonly things: () => Things
  /** The rights of a function by its access key. Undefined: the caller is no function, and may do all. */
  readonly rightsOf: (accessKeyId: string) => readonly string[] | undefined
  readonly onDecision: (decision: Decision) => void
}

export type IamProxy = { readonly endpoint: string; stop(): Promise<void> }

/**
 * Stands before a service and judges each signed request by the rights of the function whose key signed it. A request that
 * may not be done never reaches the service: the proxy refuses it with AWS's `AccessDeniedException`.
 */
export async function startIamProxy(options: IamProxyOptions): Promise<IamProxy> {
  const agent = new Agent({ keepAlive: true })
  const { port, stop } = await serveHttp(async (request, response) => {
    const body = await buffer(request)
    const refused = refusalOf(options, request, body)
    if (refused !== undefined) return refuse(response, refused)
    await pass(agent, options.endpoint, request, body, response)
  })
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      await stop()
      agent.destroy()
    },
  }
}

function refusalOf(options: IamProxyOptions, request: IncomingMessage, body: Buffer): Decision | undefined {
  const accessKeyId = accessKeyOf(request.headers.authorization)
  const rights = options.rightsOf(accessKeyId)
  if (rights === undefined) return undefined
  const target = String(request.headers['x-amz-target'])
  const decisions = decisionsOn(options, { accessKeyId, rights, target, body })
  decisions.forEach(options.onDecision)
  return decisions.find(({ allowed }) => !allowed)
}

/** A request that cannot be judged is refused too, and its decision says why. */
function decisionsOn(
  options: IamProxyOptions,
  asked: {
    readonly accessKeyId: string
    readonly rights: readonly string[]
    readonly target: string
    readonly body: Buffer
  },
): readonly Decision[] {
  const { accessKeyId, rights, target, body } = asked
  try {
    const needs = neededRights({ target, body: JSON.parse(body.toString('utf8')) }, options.things())
    return needs.map((needed) => ({ accessKeyId, needed, ...judge(rights, needed) }))
  } catch (error) {
    return [{ accessKeyId, needed: { right: `${target}: ${String(error)}` }, allowed: false, by: undefined }]
  }
}

function refuse(response: ServerResponse, { accessKeyId, needed }: Decision): void {
  const message = `User: ${accessKeyId} is not authorized to perform: ${needed.right.replace(' on ', ' on resource: ')}`
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message }))
}

async function pass(
  agent: Agent,
  endpoint: string,
  from: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { hostname, port } = new URL(endpoint)
  const onward = send(
    { agent, hostname, port, method: from.method, path: from.url, headers: from.headers },
    resolve,
  )
  onward.on('error', reject)
  // A long poll ends with its caller.
  response.on('close', () => onward.destroy())
  onward.end(body)
  const answer = await promise
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  answer.pipe(response)
}
