import { ProcessStuck } from '../model/errors.ts'
import { unreadSignals } from '../model/journal.ts'
import { LEASE_TTL_MS } from '../model/limits.ts'
import type { LogEntry } from '../model/log.ts'
import type { ProcessRecord } from '../model/record.ts'
import type { Bodies } from './bodies.ts'
import { NeverEnds } from './errors.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Warnings } from './warnings.ts'

/** Children of children that are looked at. */
const CHILDREN_DEEP_MAX = 5
/** Looks after which the children of a process are looked at again. */
const DEFINITIONS_EVERY = 25
/** Renewals and passes of the sweep without any change, after which a body is taken for one that never returns. */
const SAME_MAX = 1_000

type EndingParts = {
  readonly clock: VirtualClock
  readonly bodies: Bodies
  readonly warnings: Warnings
  /** Has the kit a definition of this kind? The row may tell of a deploy before this one. */
  readonly has: (kind: string) => boolean
  readonly get: (id: string) => Promise<ProcessRecord | undefined>
}

/** Finds out that a process under test has come to a state that it never leaves. */
export class Ending {
  readonly #parts: EndingParts
  #seen = ''
  #same = 0
  #looks = 0

  constructor(parts: EndingParts) {
    this.#parts = parts
  }

  /**
   * Throws if the process is stuck, or if it or a child that it waits for has no definition here. Throws too once only
   * renewals have happened for hours of the kit's time, without a timer beyond them.
   */
  async expectChange(record: ProcessRecord): Promise<void> {
    const { id, status, seq, fence } = record
    if (status === 'stuck') throw stuck(record)
    if (this.#looks % DEFINITIONS_EVERY === 0) await this.#expectDefinitions(record)
    this.#looks += 1
    const seen = `${status} ${seq} ${fence}`
    const { clock, bodies } = this.#parts
    const renewalsOnly = seen === this.#seen && clock.lastAt <= clock.now() + LEASE_TTL_MS
    this.#same = renewalsOnly ? this.#same + 1 : 0
    this.#seen = seen
    if (status !== 'running' || this.#same < SAME_MAX) return
    const [body = 'its own code'] = bodies.of(id)
    const because = `${body} has not returned, and nothing is left that could change that; give the step a timeout, or mark what it waits for with kit.outside()`
    throw new NeverEnds({ id, status, because })
  }

  /** The error of a process for which nothing is left to happen. */
  atRest(record: ProcessRecord, log: readonly LogEntry[]): NeverEnds {
    const { id, status } = record
    const wait = 'wait' in record ? record.wait : undefined
    const on = wait?.for === 'effects' ? wait.on.join(', ') : (wait?.for ?? 'nothing that the kit knows of')
    const unread = unreadSignals(log)
    const names =
      unread.length === 0 ? '' : `; unread here: ${unread.map((name) => JSON.stringify(name)).join(', ')}`
    return new NeverEnds({
      id,
      status,
      because: `it waits for ${on}, and nothing is left that could send it${names}`,
    })
  }

  async #expectDefinitions(record: ProcessRecord, of: ProcessRecord = record, deep = 0): Promise<void> {
    if (of.status !== 'waiting' || deep > CHILDREN_DEEP_MAX) return
    const { wait } = of
    if (wait.for === 'undeployed' && !this.#parts.has(of.kind)) throw this.#undeployed(record, of)
    if (wait.for !== 'effects') return
    for (const title of wait.on) {
      const [, child] = /^child "(.*)"$/u.exec(title) ?? []
      const found = child === undefined ? undefined : await this.#parts.get(child)
      if (found !== undefined) await this.#expectDefinitions(record, found, deep + 1)
    }
  }

  #undeployed({ id, status }: ProcessRecord, of: ProcessRecord): NeverEnds {
    const what = of.id === id ? 'it is' : `it waits for ${of.id}, a child`
    const at = this.#parts.warnings.placeOfChild(of.id)
    const because = `${what} of kind ${JSON.stringify(of.kind)}${at}, and the kit has no definition of that kind; add it to definitions`
    return new NeverEnds({ id, status, because })
  }
}

function stuck({ id, ...record }: ProcessRecord): ProcessStuck {
  const because =
    'wait' in record && record.wait?.for === 'resume' ? { because: record.wait.error.message } : {}
  return new ProcessStuck({ id, ...because })
}
