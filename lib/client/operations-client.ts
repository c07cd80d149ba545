import { definitionsByKind, type AnyDefinition } from '../effects/definition.ts'
import { parseProcessId } from '../model/ids.ts'
import { expectConfig, type Options } from '../model/options.ts'
import type { Clock } from '../model/clock.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'
import { NO_DOORBELL, type Doorbell } from '../queue/doorbell.ts'
import type { QueueWatch } from '../queue/queue-watch.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { SILENT, type Telemetry } from '../telemetry/port.ts'
import type { AttentionQuery, AttentionRow, KindCounts, Page } from '../registry/port-lists.ts'
import { kindsOf, type KindView } from './kinds.ts'
import { OPERATIONS_OPTIONS } from './operations-options.ts'
import { childrenOf, payloadOf, type ChildView, type PayloadView } from './log-views.ts'
import type { CountsQuery, Operations } from './operations.ts'
import { releaseSlot, slotsOf, type SlotRelease, type SlotsView } from './slots.ts'
import { healthOf } from './health.ts'
import type { HealthView } from './health-view.ts'
import { waitsOf, type WaitsView } from './waits.ts'

export type OperationsParts = {
  readonly registry: ProcessRegistry
  /** The kinds that are deployed. */
  readonly definitions?: readonly AnyDefinition[]
  /** Sends the wake-ups of a released place. Default: none are sent, and the sweep finds the processes. */
  readonly doorbell?: Doorbell
  /** Without it `health` has no queues. */
  readonly queues?: QueueWatch
  /** Of the package that made the stack, for `health`. */
  readonly version?: string
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

const PARTS: Options<OperationsParts> = {
  registry: 'any',
  definitions: 'any',
  doorbell: 'any',
  queues: 'any',
  version: 'text',
  clock: 'any',
  telemetry: 'any',
}

/** `Operations` straight on the table. */
export class OperationsClient implements Operations {
  readonly #parts: OperationsParts
  readonly #definitions: ReadonlyMap<string, AnyDefinition>

  constructor(parts: OperationsParts) {
    expectConfig<OperationsParts>(parts, PARTS)
    this.#parts = parts
    this.#definitions = definitionsByKind(parts.definitions ?? [])
  }

  kinds(): Promise<readonly KindView[]> {
    return Promise.resolve(kindsOf(this.#definitions.values()))
  }

  async attention(query: AttentionQuery = {}): Promise<Page<AttentionRow>> {
    OPERATIONS_OPTIONS.attention(query)
    return await this.#parts.registry.attention(query)
  }

  async counts(query: CountsQuery = {}): Promise<readonly KindCounts[]> {
    OPERATIONS_OPTIONS.counts(query)
    const kinds = query.kind === undefined ? [...this.#definitions.keys()].toSorted() : [query.kind]
    return await this.#parts.registry.counts(kinds)
  }

  async children(id: string): Promise<readonly ChildView[]> {
    return await childrenOf(this.#parts.registry, parseProcessId(id))
  }

  async waits(id: string): Promise<WaitsView> {
    return await waitsOf(this.#parts.registry, parseProcessId(id))
  }

  async health(): Promise<HealthView> {
    const { registry, clock = SYSTEM_CLOCK, queues, version } = this.#parts
    return await healthOf({
      registry,
      clock,
      ...(queues === undefined ? {} : { queues }),
      ...(version === undefined ? {} : { version }),
    })
  }

  async slots(key: string): Promise<SlotsView> {
    OPERATIONS_OPTIONS.key(key)
    return await slotsOf(this.#parts.registry, key)
  }

  async releaseSlot(place: { readonly key: string; readonly id: string }): Promise<SlotRelease> {
    OPERATIONS_OPTIONS.place(place)
    const { registry, doorbell = NO_DOORBELL, clock = SYSTEM_CLOCK, telemetry = SILENT } = this.#parts
    return await releaseSlot({ registry, doorbell, clock, telemetry }, place)
  }

  async payload(id: string, seq: number): Promise<PayloadView> {
    OPERATIONS_OPTIONS.seq(seq)
    return await payloadOf(this.#parts.registry, parseProcessId(id), seq)
  }
}
