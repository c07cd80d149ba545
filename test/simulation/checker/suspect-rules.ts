import type { CodeFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { number } from './stored.ts'
import { broken } from './violation.ts'

type Claim = {
  readonly fence: number
  readonly by: string
  readonly index: number
  /** A worker had died with the process, and it made no progress since. */
  readonly isOfSuspect: boolean
  hasWritten: boolean
}

const MARK = 'su'
const STALLS = 'n'

type Body = { readonly process: string; readonly index: number; readonly clockAt: number | undefined }

/**
 * What killed a worker once runs alone, and only such deaths count. The first owner write of a suspect proves that its run
 * was under way until then, or until its lease was over by the clock of its worker. A discarded run sends no more. A write
 * on its way may arrive later, and is accepted as long as no other owner came.
 */
export class SuspectsBook {
  readonly #claims = new Map<string, Claim>()
  /** Where in the history bodies began in a host process, and of which process. */
  readonly #bodies = new Map<string, Body[]>()

  body({ by, process, clockAt }: Extract<CodeFact, { kind: 'body' }>, index: number): void {
    const bodies = this.#bodies.get(by) ?? []
    bodies.push({ process, index, clockAt })
    this.#bodies.set(by, bodies)
  }

  take(write: RowWrite, say: Say): void {
    const { observed, fact, index, before, after } = write
    const claim = this.#claims.get(observed.id)
    const hasMark = fact.after?.[MARK] === true
    const hadMark = fact.before?.[MARK] === true
    const isClaim = after.status === 'running' && after.fence !== before?.fence
    if (
      stallsOf(fact.after) > stallsOf(fact.before) &&
      !(isClaim && claim?.isOfSuspect === true && !claim.hasWritten)
    )
      say(
        broken(
          'only deaths of a suspect that ran alone count',
          observed.id,
          index,
          'it counts a death that others may have caused',
        ),
      )
    if (isClaim) {
      const isTakeover = before?.status === 'running'
      const by = fact.by ?? after.owner ?? ''
      const isOfSuspect = isTakeover || hadMark
      if (isTakeover && !hasMark)
        say(broken('a suspect runs alone', observed.id, index, 'its worker died, and it is no suspect'))
      this.#claims.set(observed.id, { fence: after.fence, by, index, isOfSuspect, hasWritten: false })
      return
    }
    if (before === undefined || claim?.fence !== after.fence || after.commit === before.commit) return
    if (claim.isOfSuspect && !claim.hasWritten) this.#wasAlone(observed, claim, index, say)
    const isProgress = after.seq > before.seq && after.status !== 'stuck'
    if (hadMark && hasMark && isProgress)
      say(broken('a suspect runs alone', observed.id, index, 'it made progress, and is a suspect still'))
    const isHandedOver = after.waitsFor === 'worker' && after.seq === before.seq
    if (hadMark && !hasMark && isHandedOver)
      say(
        broken('a suspect runs alone', observed.id, index, 'it made no progress, and is no suspect any more'),
      )
    claim.hasWritten ||= isProgress || !isHandedOver
  }

  #wasAlone(
    { id, heldUntil }: ObservedProcess,
    { by, index: claimedAt }: Claim,
    index: number,
    say: Say,
  ): void {
    const until = heldUntil.get(by) ?? Number.POSITIVE_INFINITY
    const beside = this.#bodies
      .get(by)
      ?.filter((body) => body.index > claimedAt && body.index < index)
      .find(({ process, clockAt = 0 }) => process !== id && clockAt < until)
    if (beside === undefined) return
    say(broken('a suspect runs alone', id, index, `${by} ran ${beside.process} beside it`))
  }
}

function stallsOf(item: Readonly<Record<string, unknown>> | undefined): number {
  return number(item?.[STALLS]) ?? 0
}
