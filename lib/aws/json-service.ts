import type { Readable } from 'node:stream'
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../model/clock.ts'
import { jsonOf } from './json-text.ts'
import { refusalIn, type ServiceRefused } from './refused.ts'
import { Sha256 } from './sha256.ts'

export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** When they expire, if their provider knows. */
  readonly expiration?: Date
}

export type JsonServiceConfig = {
  /** The name in the signature: `dynamodb`. */
  readonly service: string
  /** What stands before the operation in `X-Amz-Target`: `DynamoDB_20120810`. */
  readonly target: string
  readonly region: string
  readonly endpoint: string
  /** Asked before each request, and after a request whose credentials had expired. */
  readonly credentials: () => Promise<Credentials>
  readonly clock: Pick<Clock, 'now'>
  /** Timeouts of connecting and of a whole request, in milliseconds. */
  readonly http: NodeHttpHandlerOptions
  /** Of each request: headers such as that of a trace. They are not signed. */
  readonly headers?: () => Readonly<Record<string, string>>
}

const CONTENT_TYPE = 'application/x-amz-json-1.0'
/** Codes of a refused signature. A clock that differs by more than five minutes is one reason for each. */
const SKEWED: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestInTheFuture',
  'AuthFailure',
])
/** Credentials that were good a moment ago. The provider may have new ones. */
const EXPIRED: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'UnrecognizedClientException',
])
/** A smaller difference than this explains no refusal: services accept five minutes. */
const SKEW_MIN_MS = 60_000

type Response = { readonly status: number; readonly text: string; readonly headers: Headers }
type Headers = Readonly<Record<string, string | undefined>>

/**
 * A service of AWS that speaks JSON 1.0, by the SDK's own signer and HTTP handler, without its middleware: that costs three
 * times the CPU of all the rest of a request. Sends a request once. It sends a second time only if the service refused the
 * first for its clock or its credentials, and they differ now: nothing was carried out then.
 */
export class JsonService {
  readonly #config: JsonServiceConfig
  readonly #handler: NodeHttpHandler
  readonly #signer: SignatureV4
  readonly #url: URL
  #skewMs = 0

  constructor(config: JsonServiceConfig) {
    const { service, region, credentials, http, endpoint } = config
    this.#config = config
    this.#url = new URL(endpoint)
    this.#handler = new NodeHttpHandler(http)
    this.#signer = new SignatureV4({ service, region, credentials, sha256: Sha256 })
  }

  /** The reply of an operation. Throws `ServiceRefused`, or an error of Node's or the handler's for a request without a reply. */
  async send(operation: string, input: object): Promise<unknown> {
    const body = JSON.stringify(input)
    const first = await this.#post(operation, body)
    if (first.ok) return first.value
    if (!(await this.#isMended(first))) throw first.refused
    const second = await this.#post(operation, body)
    if (second.ok) return second.value
    throw second.refused
  }

  destroy(): void {
    this.#handler.destroy()
  }

  async #post(operation: string, body: string) {
    const { credentials, headers } = this.#config
    const used = await credentials()
    const sentAt = this.#config.clock.now() + this.#skewMs
    const signed = await this.#signer.sign(this.#request(operation, body), { signingDate: new Date(sentAt) })
    const request = { ...signed, headers: { ...signed.headers, ...headers?.() } }
    const reply = await this.#receive(request)
    const value = jsonOf(reply.text)
    if (reply.status < 300 && value !== undefined) return { ok: true as const, value }
    return { ok: false as const, refused: refusalIn(reply.status, value, reply.headers), reply, used, sentAt }
  }

  #request(operation: string, body: string) {
    const { protocol, hostname, port, pathname, host } = this.#url
    return {
      method: 'POST',
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: pathname,
      query: {},
      headers: {
        host,
        'content-type': CONTENT_TYPE,
        'content-length': String(Buffer.byteLength(body)),
        'x-amz-target': `${this.#config.target}.${operation}`,
      },
      body,
    }
  }

  async #receive(request: object): Promise<Response> {
    const { response } = await this.#handler.handle(request as Parameters<NodeHttpHandler['handle']>[0])
    const text = await textOf(response.body as Readable)
    return { status: response.statusCode, text, headers: response.headers }
  }

  /** Can the same request succeed now, since the clock or the credentials are others? */
  async #isMended(failed: {
    readonly refused: ServiceRefused
    readonly reply: Response
    readonly used: Credentials
    readonly sentAt: number
  }): Promise<boolean> {
    const { name } = failed.refused
    if (SKEWED.has(name)) {
      const theirs = Date.parse(failed.reply.headers['date'] ?? '')
      const offMs = theirs - failed.sentAt
      if (!(Math.abs(offMs) >= SKEW_MIN_MS)) return false
      this.#skewMs += offMs
      return true
    }
    if (!EXPIRED.has(name)) return false
    const fresh = await this.#config.credentials()
    return fresh.accessKeyId !== failed.used.accessKeyId || fresh.sessionToken !== failed.used.sessionToken
  }
}

/** By events: an iterator over the stream costs a request a tenth of its time. Rejects if the stream ends before its end. */
function textOf(body: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    body
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('error', reject)
      .once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      .once('close', () => {
        if (!body.readableEnded) reject(new Error('the connection ended within a reply'))
      })
  })
}
