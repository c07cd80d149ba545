import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What becomes of a connection, chosen when it is made or when bytes pass. */
export type Mischief = {
  /** Holds bytes back for so long, each time. */
  readonly delayMs?: number
  /** Takes the connection and never answers. */
  readonly silent?: true
  /** Cuts it when the client's next request begins to pass, so that it is not carried out. */
  readonly cutRequest?: true
  /** Cuts it when the service begins to answer, so that what was asked for was carried out. */
  readonly cutReply?: true
}
export type MischiefKind = 'delay' | 'silent' | 'cut request' | 'cut reply'

/**
 * A TCP proxy on the loopback that can be pointed at another port at any time: whoever talks through it sees a service
 * that restarts as one that is gone for a while. `mischief` is asked whenever a client's bytes pass.
 */
export class ChaosProxy {
  #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #mischief: () => Mischief | undefined

  private constructor(target: number, mischief: () => Mischief | undefined) {
    this.#target = target
    this.#mischief = mischief
    this.#server = createServer((client) => this.#pair(client))
  }

  static async start(
    target: number,
    mischief: () => Mischief | undefined = () => undefined,
  ): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target, mischief)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy listens on a port')
    return `http://127.0.0.1:${address.port}`
  }

  /** New connections go to this port from now on; those that stand are cut. */
  pointAt(port: number): void {
    this.#target = port
    this.cutAll()
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #pair(client: Socket): void {
    const service = connect(this.#target, '127.0.0.1')
    let state: Mischief = {}
    const both = [client, service]
    for (const socket of both) {
      this.#sockets.add(socket)
      // A cut connection ends both halves; that it was cut is the point.
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const each of both) each.destroy()
      })
    }
    client.on('data', (bytes: Buffer) => {
      state = this.#mischief() ?? {}
      if (state.cutRequest === true) return void client.destroy()
      if (state.silent === true) return
      pass(bytes, service, state.delayMs)
    })
    service.on('data', (bytes: Buffer) => {
      if (state.cutReply === true) return void client.destroy()
      pass(bytes, client, undefined)
    })
  }
}

function pass(bytes: Buffer, to: Socket, delayMs: number | undefined): void {
  if (delayMs === undefined) return void to.write(bytes)
  setTimeout(() => {
    if (!to.destroyed) to.write(bytes)
  }, delayMs)
}
