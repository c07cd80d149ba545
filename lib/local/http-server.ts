import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type HttpServer = {
  readonly port: number
  /** Drops all connections. Again is harmless. */
  readonly stop: () => Promise<void>
}

/** Serves this machine only. A request that cannot be handled loses its connection. */
export async function serveHttp(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  options: {
    /** Default: any that is free. */
    readonly port?: number
    /** Listens on any that is free if that one is taken. Default false. */
    readonly orAny?: boolean
    /** For the whole of a request to come. 0 is for ever; default Node's. */
    readonly requestTimeoutMs?: number
  } = {},
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  // Node ends a connection that is idle for five seconds. A client whose event loop was blocked that long, by a handler or a
  // debugger, does not see the end, and its next request is lost. So a connection here ends with its client or with `stop`.
  server.keepAliveTimeout = 0
  if (options.requestTimeoutMs !== undefined) server.requestTimeout = options.requestTimeoutMs
  await listen(server, options.port ?? 0).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || options.orAny !== true) throw error
    return listen(server, 0)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    stop: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

/** The body, or undefined where it is larger: the rest is read and dropped, so that an answer arrives. */
export function bodyUpTo(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  // By events: an iterator over the stream costs a request a tenth of its time.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= maxBytes) chunks.push(chunk)
      })
      .once('error', reject)
      .once('end', () => resolve(bytes <= maxBytes ? Buffer.concat(chunks) : undefined))
      .once('close', () => {
        if (!request.complete) reject(new Error('the connection ended within a request'))
      })
  })
}
