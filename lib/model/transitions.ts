import { invariant } from './invariant.ts'
import type { Status } from './record.ts'

/**
 * Which move may come from which status: the writes take their conditions from here. A terminal status is in no row, since
 * nothing comes after it (C21).
 *
 *   pending ──claim──► running ──park──► waiting ──claim──► running ──finish──► completed | failed | cancelled
 *                        │ ▲ claim (take-over, after the lease expires)           ▲
 *                        │ └──────┘                                               │ finish from outside (external)
 *                        ├─mark stuck─► stuck ──resume──► waiting                  waiting
 *                        └─abandon──► abandoned
 */
export const FROM = {
  claim: ['pending', 'waiting'],
  takeOver: ['running'],
  commit: ['running'],
  park: ['running'],
  markStuck: ['running'],
  resume: ['stuck'],
  finish: ['running'],
  finishFromOutside: ['waiting'],
  request: ['pending', 'running', 'waiting', 'stuck'],
} as const satisfies Record<string, readonly Status[]>

export type Move = keyof typeof FROM

export function mayMove(move: Move, from: Status): boolean {
  return (FROM[move] as readonly Status[]).includes(from)
}

/** For writes that are planned from a row the caller already holds: an illegal move there is a bug. */
export function assertMove(move: Move, from: Status): void {
  invariant(mayMove(move, from), 'a move comes from a status that allows it', { move, from })
}
