import type { CodeFact, Fact, HostFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'

const STOPPED = 'a stopped pass claims nothing more'
const ATTEMPT = 'a hand-over does not count as an attempt'
const TWICE = 'a process with recovery abandon never runs twice'

/** What hosts do: passes that look for due processes, and rows that their workers have read in a reply. */
export class HostsBook {
  readonly #stopped = new Set<string>()
  /** AllObserved that have read a cancel request of a process. */
  readonly #cancelRead = new Map<string, Set<string>>()

  pass({ kind, by }: Extract<HostFact, { kind: 'pass-began' | 'pass-stopped' }>): void {
    if (kind === 'pass-stopped') this.#stopped.add(by)
    else this.#stopped.delete(by)
  }

  claims({ by, process }: Extract<HostFact, { kind: 'claims' }>, index: number, say: Say): void {
    if (this.#stopped.has(by)) say(broken(STOPPED, process, index, `${by} claims after its stop`))
  }

  /**
   * A transaction answers without the items. A host process may also write to a process that it runs as others do: a parent
   * asks its child to cancel. Its run of the child reads only the replies to its claims and commits.
   */
  heard({ by }: Extract<HostFact, { kind: 'heard' }>, written: Fact | undefined): void {
    if (written?.kind !== 'write' || written.tx !== undefined || written.after === undefined) return
    if (written.sk !== 'PROCESS' || written.after['cr'] === undefined) return
    const { before, after } = written
    if (before?.['c'] === after['c'] && before?.['f'] === after['f']) return
    const process = written.pk.slice(2)
    const readers = this.#cancelRead.get(process) ?? new Set()
    this.#cancelRead.set(process, readers.add(by))
  }

  /** By any reply since the request: by its claim, or by a later write of its own. */
  hasReadCancel({ id, cancelAtFact }: ObservedProcess, by: string): boolean {
    return cancelAtFact !== undefined && this.#cancelRead.get(id)?.has(by) === true
  }
}

/** An attempt that no entry holds is never made again, where its process is not to be run twice. */
export function frailBodyRunsOnce(
  observed: ObservedProcess,
  { effect, attempt, by }: Extract<CodeFact, { kind: 'body' }>,
  index: number,
  say: Say,
): void {
  if (observed.row?.recovery !== 'abandon') return
  const key = `${effect} ${attempt}`
  if (observed.attemptsBegun.has(key))
    say(broken(TWICE, observed.id, index, `${by} runs attempt ${attempt} of ${effect} again`))
  observed.attemptsBegun.add(key)
}

/** A run that stops in order says nothing against its process: only deaths count as attempts without progress. */
export function handOverIsNoAttempt({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before?.status !== 'running' || after.status !== 'waiting' || after.stalls <= before.stalls) return
  const says = `it parks, and its attempts without progress go from ${before.stalls} to ${after.stalls}`
  say(broken(ATTEMPT, observed.id, index, says))
}
