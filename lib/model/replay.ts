import { NonDeterminism } from './errors.ts'
import type { EffectKind, LogEntry, Outcome } from './log.ts'

/** An effect as the code asks for it: the position-th effect of the run, from 0. */
export type EffectCall = { readonly position: number; readonly effect: EffectKind; readonly name: string }

/** A recorded effect. */
export type RecordedEffect = EffectCall & { readonly outcome: Outcome }

/** The recorded effects of a log, in the order in which they came to their outcomes. */
export function recordedEffects(log: readonly LogEntry[]): readonly RecordedEffect[] {
  return log.flatMap((entry) => {
    if (entry.type !== 'effect') return []
    const { position, effect, name, outcome } = entry
    return [{ position, effect, name, outcome }]
  })
}

/** The mismatch of a call and what the journal holds at its position (C41); undefined where they are the same effect. */
export function mismatch(recorded: EffectCall, call: EffectCall): NonDeterminism | undefined {
  if (recorded.effect === call.effect && recorded.name === call.name) return undefined
  return new NonDeterminism({ position: call.position, expected: titleOf(recorded), found: titleOf(call) })
}

/** The error of a run that came to its end, or waits for something new, with a recorded effect it never asked for. */
export function neverAskedFor(recorded: EffectCall, found: string): NonDeterminism {
  return new NonDeterminism({ position: recorded.position, expected: titleOf(recorded), found })
}

export function titleOf(call: Pick<EffectCall, 'effect' | 'name'>): string {
  return `${call.effect} ${JSON.stringify(call.name)}`
}
