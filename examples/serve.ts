import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Served = { readonly url: string; close(): Promise<void> }

/** A server on a free port of this machine: what stands in for the world in the examples. */
export async function serve(handle: RequestListener): Promise<Served> {
  const server = createServer(handle)
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(0, '127.0.0.1', () => listening.resolve())
  await listening.promise
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      return closed.promise
    },
  }
}

export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return JSON.parse(await text(request))
}
