import type { CodeFact, OutsideFact } from '../history.ts'
import type { Bounds, Expected } from './expectations.ts'
import type { ProcessLife, Say } from './life-of-process.ts'
import { childrenOf } from './family-rules.ts'
import { broken } from './violation.ts'
import { EFFECT_NAMES, hasEnded, TAG } from './stored.ts'

// What a model of the programs knows beyond their outcomes. An outcome alone hides much: a step that is recorded under two
// positions, a child that was started twice, an attempt too many.

const INVARIANT = 'the outcome is that of a crash-free run'

/** No more attempts than the program has; those that an owner's death interrupts do not count. */
export function attemptIsForeseen(
  life: ProcessLife,
  { effect, attempt }: Extract<CodeFact, { kind: 'body' }>,
  index: number,
  expected: Expected | undefined,
  say: Say,
): void {
  if (expected?.attempts === undefined) return
  const most = expected.attempts.get(effect) ?? 0
  if (attempt > most) say(broken(INVARIANT, life.id, index, `attempt ${attempt} of ${effect}, of ${most}`))
}

/** The log of an ended process holds what its program does; one that ended early holds no more than that. */
export function logFitsTheProgram(life: ProcessLife, expected: Expected | undefined, say: Say): void {
  if (expected === undefined || !hasEnded(life.row)) return
  const whole =
    life.row?.status === 'completed' || (life.row?.status === 'failed' && life.row.code !== 'timed_out')
  const count = (what: string, got: number, { min, max }: Bounds): void => {
    if (got <= max && (!whole || got >= min)) return
    say(broken(INVARIANT, life.id, undefined, `${what} ${got} times, not ${min} to ${max}`))
  }
  if (expected.effects !== undefined) {
    const recorded = effectsIn(life)
    for (const name of new Set([...expected.effects.keys(), ...recorded.keys()]))
      count(`${name} is recorded`, recorded.get(name) ?? 0, expected.effects.get(name) ?? NEVER)
  }
  if (expected.children !== undefined)
    count('it has started children', childrenOf(life).size, expected.children)
}
const NEVER: Bounds = { min: 0, max: 0 }

/** A child's wait is named by an id, which is left out. */
function effectsIn({ log }: ProcessLife): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [tag, , , effect, name] of log.entries) {
    if (tag !== TAG.effect) continue
    const kind = EFFECT_NAMES[String(effect)] ?? String(effect)
    const key = kind === 'child' ? kind : `${kind} ${String(name)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** A cancel request that was accepted is on record, and none is on record that nobody made: no person, and no parent. */
export function cancelsAreAsked(
  lives: ReadonlyMap<string, ProcessLife>,
  asked: readonly (OutsideFact & { kind: 'cancel-asked' })[],
  expectations: ReadonlyMap<string, Expected>,
  say: Say,
): void {
  const onRecord = (life: ProcessLife | undefined): boolean =>
    life?.log.entries.some(([tag]) => tag === TAG.cancel) === true
  for (const { process } of asked)
    if (!onRecord(lives.get(process)))
      say(broken('cancel is honoured', process, undefined, 'a request was accepted, and is not in its log'))
  for (const life of lives.values()) {
    const mayBe = life.row?.parent !== undefined || expectations.get(life.id)?.cancelAsked !== false
    if (!mayBe && onRecord(life))
      say(broken('cancel is honoured', life.id, undefined, 'a request is in its log, and nobody made it'))
  }
}
