import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { accessKeyOf } from '../credentials.ts'
import { serveHttp } from '../http-server.ts'

// EventBridge's PutEvents on this machine, as the SDK speaks it (JSON 1.1), for a local run and for tests. There are no
// rules: everything that is put is handed to one listener.

/** An event as EventBridge hands it to a target. */
export type LocalBusEvent = {
  readonly id: string
  readonly source: string
  readonly 'detail-type': string
  readonly time: string
  readonly detail: unknown
}

export type LocalBus = {
  /** `http://127.0.0.1:<port>`, for LEASEHOLD_EVENTS_ENDPOINT. */
  readonly endpoint: string
  /** Drops all connections. */
  stop(): Promise<void>
}

/**
 * A fault of a request, for tests. Some entries are refused with a code, or all of the request is throttled, or the
 * connection breaks: before the bus took an entry, or after it took all.
 */
export type BusFault =
  | { readonly refuse: (entry: PutEntry) => string | undefined }
  | 'throttle'
  | 'break-before'
  | 'break-after'

export type LocalBusOptions = {
  readonly onEvent: (event: LocalBusEvent) => void
  /** Asked for each request. Default: nothing goes wrong. */
  readonly fault?: (entries: readonly PutEntry[], accessKeyId: string) => BusFault | undefined
}

export type PutEntry = {
  readonly EventBusName?: string
  readonly Source?: string
  readonly DetailType?: string
  readonly Detail?: string
  /** Epoch seconds. */
  readonly Time?: number
}

const ENTRIES_MAX = 10
const REQUEST_MAX_BYTES = 1_048_576

export async function startLocalBus(options: LocalBusOptions): Promise<LocalBus> {
  const { port, stop } = await serveHttp((request, response) => serve(options, request, response))
  return { endpoint: `http://127.0.0.1:${port}`, stop }
}

async function serve(
  options: LocalBusOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request)
  const target = request.headers['x-amz-target']
  if (target !== 'AWSEvents.PutEvents') return refuse(response, 'UnknownOperationException', String(target))
  const entries = entriesIn(body)
  if (entries === undefined || entries.length === 0 || entries.length > ENTRIES_MAX)
    return refuse(response, 'ValidationException', `expected 1 to ${ENTRIES_MAX} entries`)
  if (Buffer.byteLength(body) > REQUEST_MAX_BYTES)
    return refuse(response, 'ValidationException', 'the request is too large')
  const fault = options.fault?.(entries, accessKeyOf(request.headers.authorization))
  if (fault === 'throttle') return refuse(response, 'ThrottlingException', 'Rate exceeded')
  if (fault === 'break-before') return void response.destroy()
  const results = entries.map((entry) => take(options, entry, typeof fault === 'object' ? fault : undefined))
  if (fault === 'break-after') return void response.destroy()
  const FailedEntryCount = results.filter(({ ErrorCode }) => ErrorCode !== undefined).length
  answer(response, 200, { FailedEntryCount, Entries: results })
}

type DeliveryResult = {
  readonly EventId?: string
  readonly ErrorCode?: string
  readonly ErrorMessage?: string
}

function take(
  { onEvent }: LocalBusOptions,
  entry: PutEntry,
  fault: { refuse: (entry: PutEntry) => string | undefined } | undefined,
): DeliveryResult {
  const refusal = fault?.refuse(entry)
  if (refusal !== undefined) return { ErrorCode: refusal, ErrorMessage: 'refused by the test' }
  const { Source, DetailType, Detail, Time } = entry
  if (Source === undefined || DetailType === undefined)
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source and DetailType are needed' }
  const detail = parsed(Detail ?? '')
  if (typeof detail !== 'object' || detail === null)
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  const EventId = randomUUID()
  const time = new Date(Time === undefined ? Date.now() : Time * 1_000).toISOString()
  onEvent({ id: EventId, source: Source, 'detail-type': DetailType, time, detail })
  return { EventId }
}

function entriesIn(body: string): readonly PutEntry[] | undefined {
  const request = parsed(body)
  if (typeof request !== 'object' || request === null) return undefined
  const { Entries } = request as { Entries?: unknown }
  return Array.isArray(Entries) ? (Entries as PutEntry[]) : undefined
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function refuse(response: ServerResponse, code: string, message: string): void {
  answer(response, 400, { __type: code, message })
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify(body))
}
