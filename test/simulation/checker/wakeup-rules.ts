import type { HostFact } from '../history.ts'
import type { RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'
import { hasEnded } from './stored.ts'

type Promised = { readonly index: number; readonly process: string; readonly says: string; heard: boolean }

/**
 * A row that says that a wake-up is on its way gets one, from the writer that has the confirmation of its write. Sent
 * before, a wake-up may come to a process that is not there yet, or that still waits: it is dropped, and the process waits
 * for the sweep, each time. No end shows that, only how long everything takes.
 */
export class WakeupsBook {
  readonly #open = new Map<string, Map<string, Promised>>()

  take({ observed, fact, index, before, after }: RowWrite): void {
    if (fact.by === undefined || hasEnded(after) || !after.wakeupScheduled) return
    if (before?.wakeupScheduled === true && before.dueAt === after.dueAt) return
    const says = `${fact.by} wrote that it is ${after.status} and has its wake-up scheduled, and sends none`
    this.#of(fact.by).set(observed.id, { index, process: observed.id, says, heard: false })
  }

  heard({ by, fact }: Extract<HostFact, { kind: 'heard' }>): void {
    for (const promised of this.#of(by).values()) if (promised.index === fact) promised.heard = true
  }

  sent({ by, process }: Extract<HostFact, { kind: 'woke' }>): void {
    this.#of(by).delete(process)
  }

  /** Who dies between the two leaves it to the sweep. */
  fell({ by }: Extract<HostFact, { kind: 'fell' }>): void {
    this.#open.delete(by)
  }

  checkEnd(say: Say): void {
    for (const open of this.#open.values())
      for (const { heard, process, index, says } of open.values())
        if (heard) say(broken('a wake-up follows its write', process, index, says))
  }

  #of(by: string): Map<string, Promised> {
    const open = this.#open.get(by) ?? new Map<string, Promised>()
    this.#open.set(by, open)
    return open
  }
}
