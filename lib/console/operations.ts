import * as v from 'valibot'
import { checked } from '../api/reading.ts'
import { ATTENTION_QUERY, COUNTS_QUERY, SLOT_RELEASE, SLOTS_QUERY } from '../api/shapes-overview.ts'
import {
  BY_ID,
  CALLBACK_ERROR,
  CALLBACK_VALUE,
  EVENTS,
  LIST,
  NOTHING,
  REASON,
  SIGNAL,
  START,
  wholeFrom,
} from '../api/shapes.ts'
import type { ApiCall, ApiReply } from '../client/http/transport.ts'
import { processPath } from '../client/http/process-path.ts'
import type { ConsoleTarget, DeadLettersView, Operations, Reads, Writes } from './protocol.ts'

// Everything that the console's page may ask for. Each operation makes one request of the API, or has one done with dead
// letters, so a page that runs foreign code can send no other.

/** What operations are carried out on. */
export type ConsoleApi = {
  readonly target: ConsoleTarget
  /** A request of the target's API. Throws the `LeaseholdError` that the API answers. */
  readonly call: (call: ApiCall) => Promise<ApiReply>
  readonly deadLetters: DeadLetterPort
}

/** Dead letters of the target, by the rights of the operator. Throws `ConsoleRefused`. */
export type DeadLetterPort = {
  readonly list: () => Promise<DeadLettersView>
  readonly redrive: (messageId: string) => Promise<void>
  readonly remove: (messageId: string) => Promise<void>
}

type Operation<Name extends keyof Operations> = {
  readonly access: Name extends keyof Writes ? 'write' : 'read'
  /** Refuses fields that it does not know. */
  readonly params: v.GenericSchema<Operations[Name]['params']>
  /** Throws `InvalidInput` on params of another shape, and what the API answers. */
  readonly run: (api: ConsoleApi, given: unknown) => Promise<Operations[Name]['value']>
}

const WITH_ID = BY_ID.entries
const BY_MESSAGE = v.strictObject({ messageId: v.pipe(v.string(), v.minLength(1), v.maxLength(100)) })
const REQUEST = v.strictObject({ ...WITH_ID, ...REASON.entries })
const { kind, id, input, scope, startAt, urgent } = START.entries

export const OPERATIONS: { readonly [Name in keyof Operations]: Operation<Name> } = {
  target: read(NOTHING, async ({ target }) => target),
  list: read(LIST, (api, query) => get(api, '/v1/processes', query)),
  attention: read(ATTENTION_QUERY, (api, query) => get(api, '/v1/attention', query)),
  counts: read(COUNTS_QUERY, async (api, query) => {
    const { kinds } = await get<{ kinds: Reads['counts']['value'] }>(api, '/v1/counts', query)
    return kinds
  }),
  kinds: read(NOTHING, async (api) => {
    const { kinds } = await get<{ kinds: Reads['kinds']['value'] }>(api, '/v1/kinds')
    return kinds
  }),
  show: read(BY_ID, (api, asked) => get(api, processPath(asked.id), { include: 'lease' })),
  history: read(
    v.strictObject({ ...WITH_ID, after: EVENTS.entries.after, limit: EVENTS.entries.limit }),
    (api, { id, ...query }) => get(api, processPath(id, 'events'), query),
  ),
  children: read(BY_ID, async (api, asked) => {
    const { children } = await get<{ children: Reads['children']['value'] }>(
      api,
      processPath(asked.id, 'children'),
    )
    return children
  }),
  payload: read(v.strictObject({ ...WITH_ID, seq: wholeFrom(0) }), (api, asked) =>
    get(api, processPath(asked.id, `payloads/${asked.seq}`)),
  ),
  slots: read(SLOTS_QUERY, (api, query) => get(api, '/v1/slots', query)),
  health: read(NOTHING, (api) => get(api, '/v1/health')),
  deadLetters: read(NOTHING, ({ deadLetters }) => deadLetters.list()),
  result: read(BY_ID, (api, asked) => get(api, processPath(asked.id, 'result'))),

  start: write(v.strictObject({ kind, id, input, scope, startAt, urgent }), (api, start) =>
    post(api, '/v1/processes', start),
  ),
  signal: write(v.strictObject({ ...WITH_ID, ...SIGNAL.entries }), (api, { id, ...signal }) =>
    post(api, processPath(id, 'signals'), signal),
  ),
  cancel: write(REQUEST, (api, { id, ...reason }) => post(api, processPath(id, 'cancel'), reason)),
  abandon: write(REQUEST, (api, { id, ...reason }) => post(api, processPath(id, 'abandon'), reason)),
  resume: write(BY_ID, (api, asked) => post(api, processPath(asked.id, 'resume'), {})),
  retry: write(v.strictObject({ ...WITH_ID, as: v.optional(v.string()) }), (api, asked) =>
    post(api, processPath(asked.id, 'retry'), asked.as === undefined ? {} : { id: asked.as }),
  ),
  releaseSlot: write(SLOT_RELEASE, (api, place) => post(api, '/v1/slots/release', place)),
  callbackComplete: write(CALLBACK_VALUE, (api, answer) => post(api, '/v1/callbacks/complete', answer)),
  redriveDeadLetter: write(BY_MESSAGE, async ({ deadLetters }, message) => {
    await deadLetters.redrive(message.messageId)
    return message
  }),
  deleteDeadLetter: write(BY_MESSAGE, async ({ deadLetters }, message) => {
    await deadLetters.remove(message.messageId)
    return message
  }),
  callbackFail: write(
    v.strictObject({
      token: CALLBACK_ERROR.entries.token,
      message: CALLBACK_ERROR.entries.error.entries.message,
      code: v.optional(v.pipe(v.string(), v.minLength(1))),
    }),
    (api, { token, ...error }) => post(api, '/v1/callbacks/fail', { token, error }),
  ),
}

function read<Schema extends v.GenericSchema, Value>(
  params: Schema,
  run: (api: ConsoleApi, params: v.InferOutput<Schema>) => Promise<Value>,
) {
  return { access: 'read' as const, ...checking(params, run) }
}

function write<Schema extends v.GenericSchema, Value>(
  params: Schema,
  run: (api: ConsoleApi, params: v.InferOutput<Schema>) => Promise<Value>,
) {
  return { access: 'write' as const, ...checking(params, run) }
}

function checking<Schema extends v.GenericSchema, Value>(
  params: Schema,
  run: (api: ConsoleApi, params: v.InferOutput<Schema>) => Promise<Value>,
) {
  return {
    params,
    run: async (api: ConsoleApi, given: unknown) => run(api, checked('the params', params, given)),
  }
}

async function get<Value>({ call }: ConsoleApi, path: string, query: ApiCall['query'] = {}): Promise<Value> {
  return (await call({ method: 'GET', path, query })).body as Value
}

async function post<Value>({ call }: ConsoleApi, path: string, body: object): Promise<Value> {
  return (await call({ method: 'POST', path, body })).body as Value
}
