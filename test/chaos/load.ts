import { setTimeout as pause } from 'node:timers/promises'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import type { ProcessClient } from '../../lib/client/client.ts'
import { LeaseholdError } from '../../lib/model/errors.ts'
import { startMessage } from '../../lib/worker/queue/messages.ts'
import type { Expectations, Expected } from '../simulation/checker/expectations.ts'
import type { Fact } from '../simulation/history.ts'
import type { Random } from '../simulation/world/random.ts'

type Kind = 'chain' | 'wide' | 'waiter' | 'stubborn' | 'shy' | 'tree' | 'patient'
const KINDS: readonly Kind[] = ['chain', 'chain', 'wide', 'waiter', 'stubborn', 'shy', 'tree', 'patient']

/** What each process of the load comes to without chaos, said without looking at how it runs. */
function expectedOf(kind: Kind, size: number): Expected {
  const only = (...allowed: string[]): Expected => ({
    allowed: ({ status, output }) => {
      const got = `${status} ${JSON.stringify(output ?? null)}`
      return allowed.includes(got) ? undefined : `${kind}: expected ${allowed.join(' or ')}, got ${got}`
    },
  })
  const done = (values: readonly string[]): string => `completed ${JSON.stringify(values)}`
  switch (kind) {
    case 'chain':
      return only(done(chainOf(size)))
    case 'wide':
      return only(done(Array.from({ length: size }, (_, n) => `w${n}`.padEnd(8, '.'))))
    case 'waiter':
      return only(done(['before..', 'one', 'two', 'after...']))
    case 'stubborn':
      return only(done(['twice...']))
    case 'shy':
      return { ...only(done(['once....']), done(['interrupted'])), atMostOnce: new Set(['once']) }
    case 'tree':
      return only(done(Array.from({ length: size }, () => chainOf(3)).flat()))
    case 'patient':
      return only('cancelled null')
  }
}

function chainOf(size: number): string[] {
  return Array.from({ length: size }, (_, n) => `s${n}`.padEnd(n % 5 === 4 ? 1_500 : 8, '.'))
}

/** Starts processes, signals them and cancels them, and remembers what was accepted. */
export class ChaosLoad {
  readonly expected = new Map<string, Expected>()
  readonly facts: Fact[] = []
  readonly #parts: { client: ProcessClient; sqs: SQSClient; queueUrl: () => string; random: Random }
  readonly #pursuits = new Set<Promise<void>>()
  #started = 0

  constructor(parts: { client: ProcessClient; sqs: SQSClient; queueUrl: () => string; random: Random }) {
    this.#parts = parts
  }

  get expectations(): Expectations {
    return { processes: this.expected }
  }

  /** One more process, with whatever has to be said to it. */
  async start(): Promise<void> {
    const { random, sqs, queueUrl } = this.#parts
    const kind = random.pick(KINDS)
    const size = random.between(2, 8)
    const id = `${kind}-${(this.#started += 1)}`
    const body = startMessage({ id, kind, input: { size } })
    await again(() => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: body })))
    this.expected.set(id, expectedOf(kind, size))
    if (kind === 'waiter') this.#pursue(() => this.#signalTwice(id))
    if (kind === 'patient') this.#pursue(() => this.#cancel(id))
  }

  /** Settles when all that was to be said has been accepted. */
  async said(): Promise<void> {
    await Promise.all(this.#pursuits)
  }

  #pursue(work: () => Promise<void>): void {
    const pursuit = work().finally(() => this.#pursuits.delete(pursuit))
    this.#pursuits.add(pursuit)
  }

  async #signalTwice(id: string): Promise<void> {
    for (const payload of ['one', 'two']) {
      // The same key twice: a sender that did not hear the answer says it again.
      for (let sent = 0; sent < 2; sent += 1)
        await again(() => this.#parts.client.signal(id, { name: 'go', key: payload, payload }), ENDED)
      this.facts.push({
        at: Date.now(),
        kind: 'signalled',
        process: id,
        name: 'go',
        key: payload,
        payload: JSON.stringify(payload),
      })
    }
  }

  async #cancel(id: string): Promise<void> {
    await pause(this.#parts.random.between(0, 2_000))
    await again(() => this.#parts.client.cancel(id, 'chaos'))
    this.facts.push({ at: Date.now(), kind: 'cancel-asked', process: id, reason: 'chaos' })
  }
}

/** Its answer was lost, and the process went on to its end: the repetition is told so. */
const ENDED = new Set(['process_ended'])
const TRIES_MAX = 400

/** Asks until it is answered: services are away for seconds, and a process is there only once its message was served. */
async function again(work: () => Promise<unknown>, settled: ReadonlySet<string> = new Set()): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work()
      return
    } catch (error) {
      if (error instanceof LeaseholdError && settled.has(error.code)) return
      if (tries >= TRIES_MAX) throw error
      await pause(200)
    }
  }
}
