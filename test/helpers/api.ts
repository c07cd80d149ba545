import { expect } from 'vitest'
import * as v from 'valibot'
import { PROBLEM } from '../../lib/api/answers.ts'
import { apiApp, type ApiParts, type Platform } from '../../lib/api/app.ts'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { definitions } from '../conformance/fixtures/definitions.ts'

export const IAM: Platform = { authorizer: { iam: { userArn: 'arn:aws:iam::1:user/ann' } } }

export type Asking = {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly platform?: Platform
}
/** What tests read of any answer. */
type Body = {
  readonly [key: string]: unknown
  readonly code?: string
  readonly status?: string | number
  readonly issues?: readonly { readonly path: string; readonly message?: string }[]
}
export type Answered = { readonly status: number; readonly headers: Headers; readonly body: Body }

/** An API on a registry in memory, asked as the platform would. Every answer is held to the schema it is documented by. */
export function testApi(parts: Partial<ApiParts> = {}) {
  const registry = parts.registry ?? new MemoryProcessRegistry()
  const app = apiApp({ registry, doorbell: NO_DOORBELL, clock: SYSTEM_CLOCK, definitions, ...parts })
  return {
    registry,
    /** `body` is sent as JSON, unless it is a text already. */
    ask: async (path: string, asking: Asking = {}): Promise<Answered> => {
      const { body, platform = IAM } = asking
      const method = asking.method ?? (body === undefined ? 'GET' : 'POST')
      const headers = {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...asking.headers,
      }
      const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
      const response = await app.request(
        path,
        { method, headers, ...(sent === undefined ? {} : { body: sent }) },
        platform,
      )
      const text = await response.text()
      const answer = {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Body,
      }
      hold(method, path, answer)
      return answer
    },
  }
}

function hold(method: string, path: string, { status, headers, body }: Answered): void {
  if (status >= 400) {
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(v.is(PROBLEM, body)).toBe(true)
    expect(body.status).toBe(status)
    expect(body.type).toBe(`urn:leasehold:error:${body.code}`)
    return
  }
  const [asked = ''] = path.split('?')
  const route = ROUTES.find(
    (each) =>
      each.method === method && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(asked),
  )
  if (route === undefined) return
  const answer = route.answers[status]
  expect(answer, `${method} ${path} answers ${status}`).toBeDefined()
  if (answer?.schema !== undefined) expect(v.safeParse(answer.schema, body).issues).toBeUndefined()
}
