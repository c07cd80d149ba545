import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

// A wire that goes wrong: a TCP proxy in front of a server. It knows nothing of what is said over it; what a client sends
// in one piece is taken for a request, and what comes back after it for the reply.

/** What befalls the next request. `reply` outcomes let the server carry it out. */
export type RequestOutcome =
  | { readonly do: 'pass' }
  /** Held back for a while. */
  | { readonly do: 'delay'; readonly ms: number }
  /** Taken and never answered: the connection stays open and silent. */
  | { readonly do: 'drop-request' | 'drop-reply' }
  /** The connection breaks in the middle of it. */
  | { readonly do: 'cut-request' | 'cut-reply' }

/** Between two looks whether everything is answered. */
const LOOK_EVERY_MS = 10

export type RequestOutcomeName = RequestOutcome['do']

export type Proxy = {
  readonly port: number
  /** How many requests met each outcome. */
  readonly counts: Readonly<Record<RequestOutcomeName, number>>
  /** Hands on nothing new, and resolves when every request that was handed on has been answered. */
  hold(): Promise<void>
  /** Continues. */
  release(): void
  /** Breaks every connection and takes no more. Again is harmless. */
  stop(): Promise<void>
}

/** Listens on a free port of the loopback and hands on to `targetPort`. `outcome` is asked once for each request. */
export async function startProxy(options: {
  readonly targetPort: number
  readonly outcome: () => RequestOutcome
}): Promise<Proxy> {
  const counts: Record<RequestOutcomeName, number> = {
    pass: 0,
    delay: 0,
    'drop-request': 0,
    'drop-reply': 0,
    'cut-request': 0,
    'cut-reply': 0,
  }
  const open = new Set<Wire>()
  const gate = new Gate()
  const server = createServer({ noDelay: true }, (client) => {
    const outcome = (): RequestOutcome => {
      const drawn = options.outcome()
      counts[drawn.do] += 1
      return drawn
    }
    const wire = new Wire(client, { targetPort: options.targetPort, outcome, gate })
    open.add(wire)
    client.once('close', () => open.delete(wire))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    counts,
    async hold() {
      gate.shut()
      while ([...open].some((wire) => wire.unanswered)) await pause(LOOK_EVERY_MS)
    },
    release: () => gate.open(),
    async stop() {
      gate.open()
      for (const wire of open) wire.cut()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

/** Where requests wait while it is shut. */
class Gate {
  #opened = Promise.withResolvers<void>()

  constructor() {
    this.#opened.resolve()
  }

  get passed(): Promise<void> {
    return this.#opened.promise
  }

  shut(): void {
    this.#opened = Promise.withResolvers<void>()
  }

  open(): void {
    this.#opened.resolve()
  }
}

/** One client's connection and the one to the server behind it. They end together. */
class Wire {
  readonly #client: Socket
  readonly #server: Socket
  readonly #outcome: () => RequestOutcome
  readonly #gate: Gate
  /** A request was handed on, and its reply has not begun. */
  unanswered = false
  /** What is to become of the reply. */
  #reply: 'pass' | 'drop' | 'cut' = 'pass'
  #silent = false
  /** Requests are handed on in their order, also when one is held back. */
  #before: Promise<void> = Promise.resolve()

  constructor(client: Socket, at: { targetPort: number; outcome: () => RequestOutcome; gate: Gate }) {
    const { targetPort, outcome, gate } = at
    this.#client = client
    this.#outcome = outcome
    this.#gate = gate
    this.#server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, this.#server]) socket.once('close', () => this.cut()).on('error', () => {})
    client.on('data', (piece) => void (this.#before = this.#before.then(() => this.#request(piece))))
    this.#server.on('data', (piece) => this.#answer(piece))
  }

  cut(): void {
    this.unanswered = false
    this.#client.destroy()
    this.#server.destroy()
  }

  async #request(piece: Buffer): Promise<void> {
    if (this.#silent || this.#client.destroyed) return
    const outcome = this.#outcome()
    switch (outcome.do) {
      case 'pass':
        break
      case 'delay':
        await pause(outcome.ms, undefined, { ref: false })
        break
      case 'drop-request':
        this.#silent = true
        return
      case 'drop-reply':
        this.#reply = 'drop'
        break
      case 'cut-request':
        this.#server.end(piece.subarray(0, Math.ceil(piece.length / 2)), () => this.cut())
        return
      case 'cut-reply':
        this.#reply = 'cut'
        break
    }
    await this.#gate.passed
    if (this.#client.destroyed) return
    this.unanswered = true
    this.#server.write(piece)
  }

  #answer(piece: Buffer): void {
    this.unanswered = false
    if (this.#reply === 'drop') {
      this.#silent = true
      return
    }
    if (this.#reply === 'pass') return void this.#client.write(piece)
    this.#client.end(piece.subarray(0, Math.ceil(piece.length / 2)), () => this.cut())
  }
}
