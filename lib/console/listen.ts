import { bodyUpTo, serveHttp } from '../local/http-server.ts'
import { loadAssets, type Assets } from './assets.ts'
import { respond, type ConsoleParts } from './respond.ts'

export type RunningConsole = {
  /** With the session's secret in its fragment, which a browser sends to no server. */
  readonly url: string
  /** Drops all connections. */
  readonly stop: () => Promise<void>
}

/** The same from start to start. */
const PORT = 4748

type Served = Pick<ConsoleParts, 'api' | 'secret' | 'onFault'>

/** Serves the console on loopback: at `port`, which has to be free, else at 4748 or any free port. */
export async function serveConsole(
  parts: Served,
  { port }: { readonly port?: number } = {},
): Promise<RunningConsole> {
  return listening(parts, await loadAssets(), port)
}

/** The same for a page of one's own. */
export async function listening(parts: Served, assets: Assets, port?: number): Promise<RunningConsole> {
  const hosts: string[] = []
  const server = await serveHttp(
    async (request, response) => {
      const { method = '', url = '', headers } = request
      const body = (maxBytes: number) => bodyUpTo(request, maxBytes)
      const answer = await respond({ ...parts, assets, hosts }, { method, url, headers, body })
      response.writeHead(answer.status, answer.headers).end(answer.body)
    },
    port === undefined ? { port: PORT, orAny: true } : { port },
  )
  hosts.push(`127.0.0.1:${server.port}`, `localhost:${server.port}`)
  return { url: `http://127.0.0.1:${server.port}/#s=${parts.secret}`, stop: server.stop }
}
