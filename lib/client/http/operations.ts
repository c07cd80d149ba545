import type { KindView } from '../kinds.ts'
import type { Operations } from '../operations.ts'
import { transportOf, type HttpClientOptions } from './options.ts'
import { send, type Call, type TransportParts } from './transport.ts'

/** `Operations` over the API. Takes the same options as `HttpProcessClient`. */
export class HttpOperationsClient implements Operations {
  readonly #parts: TransportParts

  /** Throws `InvalidConfig` if the URL is not one. */
  constructor(options: HttpClientOptions) {
    this.#parts = transportOf(options)
  }

  async kinds(): Promise<readonly KindView[]> {
    return (await this.#read<{ kinds: readonly KindView[] }>('/v1/kinds')).kinds
  }

  async #read<Answer>(path: string, query: Call['query'] = {}): Promise<Answer> {
    return (await send(this.#parts, { method: 'GET', path, query })).body as Answer
  }
}
