import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { JSON_VALUE } from '../queue/messages.ts'
import { PROBLEM } from './answers.ts'
import { STATUS_OF } from './problems.ts'
import { SCOPES, type Route, type RouteShape } from './route.ts'
import { ROUTES } from './routes/index.ts'
import { EACH_START, INNER_ERROR, START } from './shapes.ts'

/** Grows with what the API can do; a path under another `/v…` would be for what old clients could not bear. */
const API_VERSION = '1.0.0'
/** What any route may answer. */
const ANY_ROUTE = ['invalid_input', 'throttled', 'store_unavailable', 'contended']
/** What one that takes a body may answer besides. */
const WITH_BODY = ['payload_too_large', 'unsupported_content']
/** What one that has to know who asks may answer besides. */
const WITH_SCOPE = ['unauthenticated', 'forbidden']

/** The OpenAPI 3.1 document, made of the schemas that check requests. docs/openapi.json is the same, committed. */
export function openApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Leasehold',
      version: API_VERSION,
      summary: 'Starts, watches and talks to durable processes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(PROBLEM) },
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'A request signed with AWS Signature Version 4.',
        },
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `A token with the scopes of what it may do: ${SCOPES.map((scope) => `leasehold/${scope}`).join(', ')}.`,
        },
      },
    },
  }
}

function operationOf(route: Route): object {
  const { name, summary, scope, body, answers } = route
  return {
    operationId: name,
    summary,
    ...(scope === undefined ? {} : { security: [{ iam: [] }, { jwt: [`leasehold/${scope}`] }] }),
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { says, schema }]) => [
          status,
          {
            description: says,
            ...(schema === undefined
              ? {}
              : { content: { 'application/json': { schema: schemaOf(schema) } } }),
          },
        ]),
      ),
      ...problemsOf(route),
    },
  }
}

function parametersOf(where: 'path' | 'query', shape: RouteShape | undefined): object[] {
  return Object.entries(shape?.entries ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema)
    return {
      name,
      in: where,
      required: where === 'path',
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function problemsOf(route: Route): Record<string, object> {
  const codes = [
    ...ANY_ROUTE,
    ...(route.body === undefined ? [] : WITH_BODY),
    ...(route.scope === undefined ? [] : WITH_SCOPE),
    ...route.errors,
  ]
  const byStatus = Map.groupBy(new Set(codes), (code) => String(STATUS_OF[code]))
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [status, { description: named.join(', '), content }]),
  )
}

function schemaOf(schema: v.GenericSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, {
    typeMode: 'input',
    target: 'draft-2020-12',
    overrideSchema: ({ valibotSchema }) => {
      // A JSON value is anything that the body can hold.
      if (valibotSchema === JSON_VALUE) return {}
      if (valibotSchema === INNER_ERROR) return { type: 'object', description: 'An error of the same form.' }
      return valibotSchema === EACH_START ? schemaOf(START) : undefined
    },
  })
  return rest
}
