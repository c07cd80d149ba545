import type * as v from 'valibot'
import type { ProcessClient } from '../client/client.ts'
import type { DirectParts } from '../client/direct.ts'
import type { Operations } from '../client/operations.ts'
import type { AnyDefinition } from '../effects/definition.ts'

/** What a caller needs to be allowed, where the platform knows them by a token with scopes. */
export const SCOPES = ['read', 'start', 'signal', 'cancel', 'operate'] as const
export type Scope = (typeof SCOPES)[number]

/** What routes work on: made once for each environment. */
export type RouteParts = {
  readonly direct: DirectParts
  readonly client: ProcessClient
  readonly operations: Operations
  readonly definitions: ReadonlyMap<string, AnyDefinition>
}

/** An object of named fields that takes no others. */
export type RouteShape = v.GenericSchema & { readonly entries: Readonly<Record<string, v.GenericSchema>> }

export type RouteAnswer = {
  readonly status: number
  /** Absent for 204. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that has been checked, once, against the schemas of its route. */
export type RouteRequest<Params, Query, Body> = {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The caller, as the platform identifies it; absent if the API needs no identity. */
  readonly by?: string
  /** How long this request may wait at most. */
  readonly waitAtMostMs: number
}

/** One way to ask the API for something. The same schemas check requests and make the OpenAPI document. */
export type Route = {
  readonly method: 'GET' | 'POST'
  /** `/v1/processes/{id}` */
  readonly path: string
  /** The operation's id in the document. */
  readonly name: string
  readonly summary: string
  /** Absent where a token in the body says enough. */
  readonly scope?: Scope
  readonly params?: RouteShape
  readonly query?: RouteShape
  readonly body?: RouteShape
  /** Codes of errors that it answers besides those that any route may. */
  readonly errors: readonly string[]
  readonly answers: Readonly<Record<number, { readonly says: string; readonly schema?: v.GenericSchema }>>
  handle(parts: RouteParts, asked: RouteRequest<unknown, unknown, unknown>): Promise<RouteAnswer>
}

type RouteOutput<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : undefined

/** Ties what a route handles to the schemas that check it. */
export function route<
  Params extends RouteShape | undefined = undefined,
  Query extends RouteShape | undefined = undefined,
  Body extends RouteShape | undefined = undefined,
>(
  described: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    handle(
      parts: RouteParts,
      asked: RouteRequest<RouteOutput<Params>, RouteOutput<Query>, RouteOutput<Body>>,
    ): Promise<RouteAnswer>
  },
): Route {
  // The app hands over what these very schemas made of the request.
  return described
}
