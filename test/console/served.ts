import { request } from 'node:http'
import { apiApp } from '../../lib/api/app.ts'
import { unsigned } from '../../lib/client/http/signing.ts'
import { send } from '../../lib/client/http/transport.ts'
import { deadLettersOf } from '../../lib/cli/console-dead-letters.ts'
import { queuesOfTarget } from '../../lib/cli/queues.ts'
import { listening } from '../../lib/console/listen.ts'
import type { ConsoleTarget } from '../../lib/console/protocol.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { definitions } from '../conformance/fixtures/definitions.ts'

export const SECRET = 'a-secret-of-this-session'

export const LOCAL: ConsoleTarget = {
  name: 'local stack',
  kind: 'local',
  writes: true,
  valuesHidden: false,
  options: '--local',
  versions: { console: '1.2.3', stack: '1.2.3' },
}
export const DEPLOYED: ConsoleTarget = {
  ...LOCAL,
  name: 'stack orders',
  kind: 'deployed',
  writes: false,
  valuesHidden: true,
  options: '--stack orders',
  versions: { console: '1.2.3', stack: '1.0.0' },
}

/** A page, of which only the way to it is of interest. */
const ASSETS = { html: '<!doctype html><title>page</title>', script: 'export {}', styles: 'body{}' }

/** The console's listener before the real API, on a registry in memory. `routes`: paths that this API has; default all. */
export async function servedConsole({
  target = LOCAL,
  has = () => true,
}: { readonly target?: ConsoleTarget; readonly has?: (path: string) => boolean } = {}) {
  const app = apiApp({
    registry: new MemoryProcessRegistry(),
    doorbell: NO_DOORBELL,
    clock: SYSTEM_CLOCK,
    definitions,
    auth: 'none',
  })
  const calls: string[] = []
  const transport = {
    base: new URL('http://api.test'),
    auth: unsigned,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
    fetch: async (url: URL, init: RequestInit): Promise<Response> => {
      calls.push(`${init.method} ${url.pathname}`)
      const asked = has(url.pathname) ? url : new URL('/v0/gone', url)
      return app.request(asked.href, init, {})
    },
  }
  // It is known by the URL of its API alone.
  const byUrl = { kind: 'api', by: '--api', url: 'http://api.test' } as const
  const deadLetters = deadLettersOf(() => queuesOfTarget(byUrl))
  const faults: unknown[] = []
  const server = await listening(
    {
      api: { target, call: (call) => send(transport, call), deadLetters },
      secret: SECRET,
      onFault: (error) => faults.push(error),
    },
    ASSETS,
    0,
  )
  const host = new URL(server.url).host
  return { ...server, host, calls, faults, ask: asking(host) }
}

export type Told = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

type Sent = {
  readonly method?: string
  readonly body?: string
  /** Undefined leaves one of the page's own headers out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** As the page asks, but for what is said otherwise. By `node:http`, which sends any Host and any path. */
function asking(host: string) {
  return (path: string, { method, body, headers = {} }: Sent = {}): Promise<Told> => {
    const usual =
      body === undefined
        ? {}
        : { origin: `http://${host}`, 'x-leasehold-session': SECRET, 'content-type': 'application/json' }
    const given = Object.entries({ host, ...usual, ...headers }).filter(([, value]) => value !== undefined)
    return new Promise((resolve, reject) => {
      const [hostname, port] = host.split(':')
      const sent = request(
        {
          hostname,
          port,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: Object.fromEntries(given),
          agent: false,
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

/** What the answer of an operation holds. */
export function errorIn({ text }: Told): { readonly code?: string; readonly message?: string } {
  return (JSON.parse(text) as { error?: { code: string; message: string } }).error ?? {}
}
