import type { AttentionQuery, AttentionRow, KindCounts, Page } from '../../registry/port-lists.ts'
import type { KindView } from '../kinds.ts'
import { parseProcessId } from '../../model/ids.ts'
import type { ChildView, PayloadView } from '../log-views.ts'
import { OPERATIONS_OPTIONS } from '../operations-options.ts'
import type { CountsQuery, Operations } from '../operations.ts'
import type { HealthView } from '../health-view.ts'
import type { SlotRelease, SlotsView } from '../slots.ts'
import type { WaitsView } from '../waits.ts'
import { transportOf, type HttpClientOptions } from './options.ts'
import { processPath } from './process-path.ts'
import { send, type ApiCall, type TransportParts } from './transport.ts'

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

  async attention(query: AttentionQuery = {}): Promise<Page<AttentionRow>> {
    OPERATIONS_OPTIONS.attention(query)
    return this.#read('/v1/attention', query)
  }

  async counts(query: CountsQuery = {}): Promise<readonly KindCounts[]> {
    OPERATIONS_OPTIONS.counts(query)
    return (await this.#read<{ kinds: readonly KindCounts[] }>('/v1/counts', query)).kinds
  }

  async children(id: string): Promise<readonly ChildView[]> {
    const path = processPath(id, 'children')
    return (await this.#read<{ children: readonly ChildView[] }>(path)).children
  }

  async waits(id: string): Promise<WaitsView> {
    return this.#read(processPath(id, 'waits'))
  }

  async health(): Promise<HealthView> {
    return this.#read('/v1/health')
  }

  async slots(key: string): Promise<SlotsView> {
    OPERATIONS_OPTIONS.key(key)
    return this.#read('/v1/slots', { key })
  }

  async releaseSlot(place: { readonly key: string; readonly id: string }): Promise<SlotRelease> {
    OPERATIONS_OPTIONS.place(place)
    const { key, id } = place
    const body = { key, id: parseProcessId(id) }
    return (await send(this.#parts, { method: 'POST', path: '/v1/slots/release', body })).body as SlotRelease
  }

  async payload(id: string, seq: number): Promise<PayloadView> {
    OPERATIONS_OPTIONS.seq(seq)
    return this.#read(processPath(id, `payloads/${seq}`))
  }

  async #read<Answer>(path: string, query: ApiCall['query'] = {}): Promise<Answer> {
    return (await send(this.#parts, { method: 'GET', path, query })).body as Answer
  }
}
