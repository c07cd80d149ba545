import type { HostFact } from '../history.ts'
import { plain } from './dynamo/table.ts'
import type { Environment } from './environment.ts'
import type { HostProcess } from './host-process.ts'
import { idIn, type Received, type SimulatedQueue } from './queue.ts'

/** Who runs a process, as its row says. */
type Holder = { readonly owner: unknown; readonly fence: unknown; readonly isSuspect: boolean }

type End = Extract<HostFact, { kind: 'delivered' }>['end']

/** Watches what becomes of the messages of one invocation, and records it for the checker. */
export class Deliveries {
  readonly #environment: Environment
  readonly #hostProcess: HostProcess
  readonly #batch: readonly Received[]
  readonly #queue: SimulatedQueue
  readonly #beganAt: number
  readonly #hardships: number
  readonly #before: ReadonlyMap<string, Holder | undefined>

  constructor(
    environment: Environment,
    hostProcess: HostProcess,
    { batch, queue }: { readonly batch: readonly Received[]; readonly queue: SimulatedQueue },
  ) {
    this.#environment = environment
    this.#hostProcess = hostProcess
    this.#batch = batch
    this.#queue = queue
    this.#beganAt = environment.schedule.now
    this.#hardships = hostProcess.hardships
    this.#before = new Map(batch.map(({ messageId, body }) => [messageId, this.#holderOf(idIn(body))]))
  }

  served(failed: readonly string[]): void {
    for (const received of this.#batch)
      this.#tell([received], failed.includes(received.messageId) ? 'given back' : 'done')
  }

  /** Several messages may be for one process: the one that comes first counts. */
  died(): void {
    for (const received of Map.groupBy(this.#batch, ({ body }) => idIn(body)).values())
      this.#tell(received, 'died')
  }

  #tell(received: readonly Received[], end: End): void {
    if (!this.#environment.hides) return
    const [{ messageId, body } = { messageId: '', body: '' }] = received
    const [before, after] = [this.#before.get(messageId), this.#holderOf(idIn(body))]
    const isSame = before?.fence === after?.fence
    const isHeld = after?.owner === this.#hostProcess.name && !isSame
    this.#environment.did({
      kind: 'delivered',
      by: this.#hostProcess.name,
      process: idIn(body),
      attempt: Math.min(...received.map(({ attempt }) => attempt)),
      end,
      tookMs: this.#environment.schedule.now - this.#beganAt,
      isDisturbed:
        this.#hostProcess.hardships > this.#hardships ||
        received.some(({ handle }) => this.#queue.isGone(handle)),
      hiddenForMs: Math.min(...received.map(({ handle }) => this.#queue.hiddenForMs(handle) ?? 0)),
      isHeld,
      isSuspect: after?.isSuspect === true,
      isOfAnother: after !== undefined && after.owner !== this.#hostProcess.name && isSame,
    })
  }

  /** Undefined where it does not run. */
  #holderOf(process: string): Holder | undefined {
    const read = this.#environment.service.table.read({ pk: { S: `P#${process}` }, sk: { S: 'PROCESS' } })
    const row = read === undefined ? {} : plain(read)
    const grant = row['gr']
    if (row['s'] !== 'running' || typeof grant !== 'object' || grant === null || !('o' in grant))
      return undefined
    return { owner: grant.o, fence: row['f'], isSuspect: row['su'] === true }
  }
}
