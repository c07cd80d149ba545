import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'

export type Answer = { readonly status: number; readonly body: Record<string, unknown> }
export type Asked = { readonly operation: string; readonly body: unknown }

/** One of the two stores, over HTTP as any client would ask it, without an SDK between. */
export class Endpoint {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async ask({ operation, body }: Asked, service = 'DynamoDB_20120810'): Promise<Answer> {
    const sent = request(this.#url, {
      agent: this.#agent,
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${service}.${operation}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
    })
    sent.end(JSON.stringify(body))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, body: (await json(response)) as Record<string, unknown> }
  }

  close(): void {
    this.#agent.destroy()
  }
}
