import type { HostFact } from '../history.ts'
import type { Say } from './observed-process.ts'
import { broken } from './violation.ts'

type Delivered = Extract<HostFact, { kind: 'delivered' }>

/** A lease of the simulated workers, and a second. */
const HIDDEN_MAX_MS = 31_000
/** By then the first request of an undisturbed worker that hides its messages has arrived. */
const SETTLED_MS = 1_000
/** Deliveries by deaths and by live leases that a message may go through; of five that there are. */
const DEATHS_MAX = 2
const GIVEN_BACK_MAX = 3

/**
 * A message is the dead man's switch of its process. While its worker serves it no other gets it; once the worker is gone it
 * comes within a lease. What went wrong with the worker meanwhile may delay it, or make it come too early.
 */
export function messageIsASwitch(fact: Delivered, index: number, say: Say): void {
  const { process, by, end, tookMs, isDisturbed, hiddenForMs, isHeld } = fact
  if (isDisturbed || tookMs < SETTLED_MS) return
  if (end === 'died' && isHeld && hiddenForMs > HIDDEN_MAX_MS)
    say(
      broken(
        'a dead worker leaves messages that come soon',
        process,
        index,
        `${by} died with it, and its message stays hidden for ${hiddenForMs} ms`,
      ),
    )
  if (end === 'done' && hiddenForMs <= 0)
    say(
      broken(
        'a message stays hidden while it is served',
        process,
        index,
        `${by} served it, and it came again`,
      ),
    )
}

/** Neither deaths of workers nor live leases use up the deliveries of a message: it would become a dead letter. */
export function deliveriesAreSpared(fact: Delivered, index: number, say: Say): void {
  const { process, by, attempt, end, isDisturbed, isHeld, isSuspect, isOfAnother } = fact
  const spared = (says: string): void =>
    say(broken('a healthy process makes no dead letter', process, index, says))
  if (end === 'died' && isHeld && isSuspect && attempt > DEATHS_MAX)
    spared(`delivery ${attempt} of its message takes it over, and ${by} died`)
  if (end === 'given back' && isOfAnother && !isDisturbed && attempt > GIVEN_BACK_MAX)
    spared(`another worker runs it, and ${by} gives its message back after delivery ${attempt}`)
}
