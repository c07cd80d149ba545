import type { CodeFact, CallerFact } from '../history.ts'
import type { Bounds, Expected } from './expectations.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { childrenOf } from './family-rules.ts'
import { broken } from './violation.ts'
import { EFFECT_NAMES, hasEnded, TAG } from './stored.ts'

// What a model of the programs knows beyond their outcomes. An outcome alone hides much: a step that is recorded under two
// positions, a child that was started twice, an attempt too many.

const INVARIANT = 'the outcome is that of a crash-free run'

/** No more attempts than the program has; those that an owner's death interrupts do not count. */
export function attemptIsForeseen(
  observed: ObservedProcess,
  { effect, attempt }: Extract<CodeFact, { kind: 'body' }>,
  index: number,
  expected: Expected | undefined,
  say: Say,
): void {
  if (expected?.attempts === undefined) return
  const most = expected.attempts.get(effect) ?? 0
  if (attempt > most)
    say(broken(INVARIANT, observed.id, index, `attempt ${attempt} of ${effect}, of ${most}`))
}

/** The log of an ended process holds what its program does; one that ended early holds no more than that. */
export function logFitsTheProgram(observed: ObservedProcess, expected: Expected | undefined, say: Say): void {
  if (expected === undefined || !hasEnded(observed.row)) return
  const whole =
    observed.row?.status === 'completed' ||
    (observed.row?.status === 'failed' && observed.row.code !== 'timed_out')
  const count = (what: string, got: number, { min, max }: Bounds): void => {
    if (got <= max && (!whole || got >= min)) return
    say(broken(INVARIANT, observed.id, undefined, `${what} ${got} times, not ${min} to ${max}`))
  }
  if (expected.effects !== undefined) {
    const recorded = effectsIn(observed)
    for (const name of new Set([...expected.effects.keys(), ...recorded.keys()]))
      count(`${name} is recorded`, recorded.get(name) ?? 0, expected.effects.get(name) ?? NEVER)
  }
  if (expected.children !== undefined)
    count('it has started children', childrenOf(observed).size, expected.children)
}
const NEVER: Bounds = { min: 0, max: 0 }

/** A child's wait is named by an id, which is left out. */
function effectsIn({ log }: ObservedProcess): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [tag, , , effect, name] of log.entries) {
    if (tag !== TAG.effect) continue
    const kind = EFFECT_NAMES[String(effect)] ?? String(effect)
    const key = kind === 'child' ? kind : `${kind} ${String(name)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** A cancel request that was accepted is on record, and none is on record that no caller made: no person, and no parent. */
export function cancelsAreAsked(
  allObserved: ReadonlyMap<string, ObservedProcess>,
  asked: readonly (CallerFact & { kind: 'cancel-asked' })[],
  expectations: ReadonlyMap<string, Expected>,
  say: Say,
): void {
  const onRecord = (observed: ObservedProcess | undefined): boolean =>
    observed?.log.entries.some(([tag]) => tag === TAG.cancel) === true
  for (const { process } of asked)
    if (!onRecord(allObserved.get(process)))
      say(broken('cancel is honoured', process, undefined, 'a request was accepted, and is not in its log'))
  for (const observed of allObserved.values()) {
    const mayBe = observed.row?.parent !== undefined || expectations.get(observed.id)?.cancelAsked !== false
    if (!mayBe && onRecord(observed))
      say(
        broken(
          'cancel is honoured',
          observed.id,
          undefined,
          'a request is in its log, and no caller made it',
        ),
      )
  }
}
