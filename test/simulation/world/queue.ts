import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { MAX_RECEIVES } from '../../../lib/model/limits.ts'
import type { QueueName } from '../../../lib/queue/doorbell.ts'
import type { Fault } from './faults.ts'
import type { HostProcess } from './host-process.ts'
import { OTHERS_WAITING } from './long-queue.ts'
import type { Call } from './request.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

type Message = { readonly messageId: string; readonly body: string; receives: number }

/** One delivery of a message. The next one has another handle. */
export type Received = {
  readonly messageId: string
  readonly body: string
  readonly attempt: number
  readonly handle: string
}

/** Received and not deleted: hidden until this moment. */
type InFlight = {
  readonly message: Message
  readonly handle: string
  readonly visibleAt: number
  readonly cancel: () => void
}

/** From sent to visible, where nothing else is asked for. Drawn for each message: so they overtake each other. */
const WAY_MS = 60
/** How often SQS does what it is asked with the handle of a delivery that is not the newest. It promises neither. */
const OLD_HANDLE_COUNTS = 0.5

/**
 * A standard queue as SQS documents it: it delivers at least once, in no order. A message that was received and not deleted
 * becomes visible again after the visibility timeout. One received too often goes to the dead-letter queue.
 */
export class SimulatedQueue {
  readonly dead: Message[] = []
  /** Told when there is something to receive. */
  onVisible: () => void = () => {}
  readonly #schedule: Schedule
  readonly #random: Random
  /** Of what becomes of received messages, so that a request to hide some leaves the order of all others as it is. */
  readonly #hiding: Random
  readonly #visible: Message[] = []
  readonly #inFlight = new Map<string, InFlight>()
  #sent = 0
  /** While others' messages wait in it: those that are sent meanwhile come after them. */
  #long: { readonly from: number; readonly until: number } | undefined
  /** What its messages are called by. */
  readonly #prefix: string

  constructor(
    schedule: Schedule,
    random: Random,
    { hiding, prefix = 'm' }: { hiding: Random; prefix?: string },
  ) {
    this.#hiding = hiding
    this.#prefix = prefix
    this.#schedule = schedule
    this.#random = random
  }

  send(body: string, delayMs: number): void {
    this.#sent += 1
    const behindMs = this.#isLong ? (this.#long?.until ?? 0) - this.#schedule.now : 0
    this.#show(
      { messageId: `${this.#prefix}${this.#sent}`, body, receives: 0 },
      Math.max(delayMs, behindMs) + this.#random.next() ** 2 * WAY_MS,
    )
  }

  /** Up to `max`, in no order. Each is hidden for so long, unless its receiver says otherwise. */
  receive(max: number, hiddenMs: number): Received[] {
    const got: Received[] = []
    while (got.length < max && this.#visible.length > 0) {
      const [message] = this.#visible.splice(this.#random.between(0, this.#visible.length), 1)
      if (message === undefined) break
      message.receives += 1
      this.#inFlight.delete(message.messageId)
      if (message.receives > MAX_RECEIVES) this.dead.push(message)
      else {
        const { messageId, body, receives: attempt } = message
        const handle = `${messageId}#${attempt}`
        this.#hide({ message, handle }, hiddenMs)
        got.push({ messageId, body, attempt, handle })
      }
    }
    return got
  }

  /** False where the message is deleted, visible, or received again since: then an old handle counts or does not, as in SQS. */
  hide(handle: string, forMs: number): boolean {
    const flight = this.#flightOf(handle)
    if (flight === undefined || !this.#counts(flight, handle)) return false
    this.#hide(flight, forMs)
    return true
  }

  delete(handle: string): void {
    const flight = this.#flightOf(handle)
    if (flight !== undefined) {
      if (!this.#counts(flight, handle)) return
      flight.cancel()
      this.#inFlight.delete(flight.message.messageId)
      return
    }
    const at = this.#visible.findIndex(({ messageId, receives }) => `${messageId}#${receives}` === handle)
    if (at >= 0) this.#visible.splice(at, 1)
  }

  /** How long the message of this delivery stays hidden; undefined where it does not, or is another delivery's by now. */
  hiddenForMs(handle: string): number | undefined {
    const flight = this.#flightOf(handle)
    return flight?.handle === handle ? flight.visibleAt - this.#schedule.now : undefined
  }

  /** Whether the message is in the queue no more. Another worker may have deleted it by an old handle that counted. */
  isGone(handle: string): boolean {
    const messageId = handle.slice(0, handle.indexOf('#'))
    return !this.#inFlight.has(messageId) && this.#visible.every((each) => each.messageId !== messageId)
  }

  #flightOf(handle: string): InFlight | undefined {
    return this.#inFlight.get(handle.slice(0, handle.indexOf('#')))
  }

  #counts(flight: InFlight, handle: string): boolean {
    return flight.handle === handle || this.#hiding.chance(OLD_HANDLE_COUNTS)
  }

  #hide({ message, handle }: Pick<InFlight, 'message' | 'handle'>, forMs: number): void {
    const { messageId } = message
    this.#inFlight.get(messageId)?.cancel()
    const visibleAt = this.#schedule.now + forMs
    const cancel = this.#schedule.at(visibleAt, this.#hiding.next(), () => {
      this.#inFlight.delete(messageId)
      this.#visible.push(message)
      this.onVisible()
    })
    this.#inFlight.set(messageId, { message, handle, visibleAt, cancel })
  }

  /** An operator sends back what went to the dead-letter queue. */
  redrive(): number {
    const dead = this.dead.splice(0)
    for (const { body } of dead) this.send(body, 0)
    return dead.length
  }

  /** In a while others' messages wait in it, for so long. */
  beLong({ fromMs, forMs }: { readonly fromMs: number; readonly forMs: number }): void {
    const from = this.#schedule.now + fromMs
    this.#long = { from, until: from + forMs }
  }

  /** Messages of this world that can be received. */
  get backlog(): number {
    return this.#visible.length
  }

  /** What the service says of it. */
  get told(): number {
    return this.backlog + (this.#isLong ? OTHERS_WAITING : 0)
  }

  get #isLong(): boolean {
    const { now } = this.#schedule
    return this.#long !== undefined && this.#long.from <= now && now < this.#long.until
  }

  #show(message: Message, afterMs: number): void {
    this.#schedule.at(this.#schedule.now + afterMs, this.#random.next(), () => {
      this.#visible.push(message)
      this.onVisible()
    })
  }
}

const VISIBLE_AS_ASKED = Number.POSITIVE_INFINITY

/** What a host process sends to. */
export type Post = {
  readonly queue: SimulatedQueue
  readonly urgentQueue: SimulatedQueue
  /** Its messages are delivered one by one. Some deployments have none. */
  readonly isolationQueue: SimulatedQueue | undefined
  /** Told of each message that a worker gave up on, and which process it was to start or to wake. */
  readonly gaveUp: (process: string) => void
  /** Told of each wake-up as it is sent, whatever becomes of it. */
  readonly sent: (hostProcess: HostProcess, process: string, queue: QueueName) => void
}

/** What the library's doorbell and dead letters send to, as one host process sees it. */
export function simulatedSqs(post: Post, hostProcess: HostProcess): SQSClient {
  const send = (command: unknown): Promise<unknown> => {
    const { ids, queue } = wakeupsIn(command)
    if (!hostProcess.dead) for (const id of ids) post.sent(hostProcess, id, queue)
    return hostProcess.call(requestOf(post, command))
  }
  return { send } as unknown as SQSClient
}

function wakeupsIn(command: unknown): { readonly ids: readonly string[]; readonly queue: QueueName } {
  if (!(command instanceof SendMessageBatchCommand)) return { ids: [], queue: 'work' }
  const { Entries = [], QueueUrl } = command.input
  const bodies = Entries.map(({ MessageBody = '' }) => MessageBody)
  return { ids: bodies.filter(isDoorbell).map(idIn), queue: WAKEUP_QUEUES[QueueUrl ?? ''] ?? 'work' }
}

/** Name of the queue whose messages go to the dead-letter queue at once. */
export const DEAD_LETTER_URL = 'dead'
export const WORK_URL = 'work'
export const URGENT_URL = 'urgent'
export const ISOLATION_URL = 'isolation'
const WAKEUP_QUEUES: { readonly [url: string]: QueueName } = {
  [URGENT_URL]: 'urgent',
  [ISOLATION_URL]: 'isolation',
}

function requestOf(post: Post, command: unknown): Call<unknown> {
  const { queue: ordinary, urgentQueue, isolationQueue = ordinary, gaveUp } = post
  const queues: { readonly [url: string]: SimulatedQueue } = {
    [URGENT_URL]: urgentQueue,
    [ISOLATION_URL]: isolationQueue,
  }
  const at = (url: string | undefined): SimulatedQueue => queues[url ?? ''] ?? ordinary
  if (command instanceof SendMessageBatchCommand) {
    const entries = command.input.Entries ?? []
    const queue = at(command.input.QueueUrl)
    // The chances of a seed follow from this text, so the word stays as long as the seeds of this folder are to mean the same.
    const what = `ring ${entries.map((each) => `${idIn(each.MessageBody)}+${each.DelaySeconds ?? 0}s`).join(', ')}`
    const arrive = (fault: Fault | undefined): object => {
      if (fault?.kind === 'send refused') {
        const [first, ...rest] = entries
        for (const { MessageBody = '', DelaySeconds = 0 } of rest)
          queue.send(MessageBody, DelaySeconds * 1_000)
        return { Failed: [{ Id: first?.Id, Code: 'InternalError', SenderFault: false }] }
      }
      for (const entry of entries) sendOne(queue, entry, fault)
      return {}
    }
    return { on: 'send', what, arrive, refuse: refused }
  }
  if (command instanceof SendMessageCommand) {
    const { QueueUrl, MessageBody = '', DelaySeconds = 0 } = command.input
    const arrive = (fault: Fault | undefined): object => {
      if (QueueUrl === DEAD_LETTER_URL) gaveUp(idIn(MessageBody))
      else sendOne(at(QueueUrl), { MessageBody, DelaySeconds }, fault)
      return {}
    }
    return { on: 'send', what: `send ${idIn(MessageBody)}`, arrive, refuse: refused }
  }
  if (command instanceof ChangeMessageVisibilityBatchCommand) {
    const entries = command.input.Entries ?? []
    const queue = at(command.input.QueueUrl)
    const what = `hide ${entries.map((each) => `${each.ReceiptHandle}+${each.VisibilityTimeout}s`).join(', ')}`
    const arrive = (fault: Fault | undefined): object => {
      const Failed = entries.flatMap(({ Id, ReceiptHandle = '', VisibilityTimeout = 0 }, index) => {
        if (fault?.kind === 'hide refused' && index === 0)
          return [{ Id, Code: 'InternalError', SenderFault: false }]
        const early = fault?.kind === 'message early' ? (fault.ms ?? 0) : VISIBLE_AS_ASKED
        const ok = queue.hide(ReceiptHandle, Math.min(VisibilityTimeout * 1_000, early))
        return ok ? [] : [{ Id, Code: 'ReceiptHandleIsInvalid', SenderFault: true }]
      })
      return { Failed }
    }
    return { on: 'hide', what, arrive, refuse: refused }
  }
  if (command instanceof GetQueueAttributesCommand) {
    const { QueueUrl } = command.input
    const queue = at(QueueUrl)
    const arrive = (): object => ({ Attributes: { ApproximateNumberOfMessages: String(queue.told) } })
    const what = QueueUrl === WORK_URL ? 'backlog' : `backlog of the ${QueueUrl} ones`
    return { on: 'ask', what, arrive, refuse: refused }
  }
  throw new Error('the simulated queue does not know this command')
}

function sendOne(
  queue: SimulatedQueue,
  entry: { MessageBody?: string | undefined; DelaySeconds?: number | undefined },
  fault: Fault | undefined,
): void {
  const { MessageBody: body = '', DelaySeconds: seconds = 0 } = entry
  // Wake-ups may be lost: the sweep finds the row. SQS keeps a start message, and no other part knows of it.
  if (fault?.kind === 'message lost' && isDoorbell(body)) return
  queue.send(body, seconds * 1_000 + (fault?.kind === 'message late' ? (fault.ms ?? 0) : 0))
  if (fault?.kind === 'message doubled') queue.send(body, seconds * 1_000 + (fault.ms ?? 0))
}

function isDoorbell(body: string): boolean {
  return body.includes('"type":"look"')
}

/** The process that a message names. */
export function idIn(body: string | undefined): string {
  return /"id":"([^"]*)"/.exec(body ?? '')?.[1] ?? '?'
}

function refused(fault: 'throttle' | 'conflict' | 'error 500'): Error {
  return Object.assign(new Error(`simulated: ${fault}`), {
    name: fault === 'throttle' ? 'ThrottlingException' : 'InternalFailure',
  })
}
