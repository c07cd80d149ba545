import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { EpochMs } from '../model/clock.ts'
import type { StatusEvent } from './event.ts'
import { STATUS_EVENT_SOURCE } from './event.ts'

export type BusEvent = StatusEvent & { readonly at: EpochMs }

/** What became of one event of a request. `refused`: the same again would be refused again. */
export type PutResult = 'taken' | { readonly failed: 'again' | 'refused'; readonly because: string }

/** Where events go. Throws where the whole request failed. */
export interface Bus {
  /** At most 10 events; one answer each. Some may be taken and others not, in any order. */
  put(events: readonly BusEvent[]): Promise<readonly PutResult[]>
}

/** Error codes that concern the event itself. Every other code is a fault of the bus, of rights or of configuration. */
const OF_THE_EVENT: ReadonlySet<string> = new Set(['MalformedDetail', 'InvalidArgument'])

/** EventBridge. Its client has `maxAttempts: 1`, since a publisher that keeps an order has to retry by itself. */
export class EventBridgeBus implements Bus {
  readonly #client: EventBridgeClient
  readonly #name: string

  constructor({ client, busName }: { client: EventBridgeClient; busName: string }) {
    this.#client = client
    this.#name = busName
  }

  async put(events: readonly BusEvent[]): Promise<readonly PutResult[]> {
    const Entries = events.map(({ type, detail, at }) => ({
      EventBusName: this.#name,
      Source: STATUS_EVENT_SOURCE,
      DetailType: type,
      Detail: JSON.stringify(detail),
      Time: new Date(at),
    }))
    const { Entries: results = [] } = await this.#client.send(new PutEventsCommand({ Entries }))
    // Without an answer of its own an event counts as not taken: it is sent again.
    return events.map((_, index): PutResult => {
      const { EventId, ErrorCode, ErrorMessage } = results[index] ?? {}
      if (EventId !== undefined && ErrorCode === undefined) return 'taken'
      const because = [ErrorCode, ErrorMessage].filter((part) => part !== undefined).join(': ')
      return { failed: OF_THE_EVENT.has(ErrorCode ?? '') ? 'refused' : 'again', because }
    })
  }
}
