import type { Expected } from './expectations.ts'
import type { ProcessLife, Say } from './life-of-process.ts'
import { EFFECT_NAMES, TAG, type StoredEntry } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'clean-up under a shield runs to its end'

/**
 * No shielded effect is refused, since the process is to end. A process that was asked to cancel, or ran out of time, in the
 * lines before its clean-up has all of the clean-up on record. One that was ever stuck may be ended as it lies.
 */
export function cleanUpIsDone(life: ProcessLife, expected: Expected | undefined, say: Say): void {
  const { entries } = life.log
  const early =
    life.row?.status === 'cancelled' || (life.row?.status === 'failed' && life.row.code === 'timed_out')
  for (const { opens, effects } of expected?.shields ?? []) {
    const recorded = entries.filter((entry) => entry[0] === TAG.effect && effects.has(titleOf(entry)))
    for (const entry of recorded)
      if (entry[5] === 0 && entry[6] === 'EffectRefused')
        say(broken(INVARIANT, life.id, undefined, `${titleOf(entry)} is refused: ${String(entry[7])}`))
    const opened = entries.some(
      (entry) => entry[0] === TAG.effect && titleOf(entry) === opens && entry[5] === 1,
    )
    if (!early || !opened || life.wasStuck) continue
    const done = new Set(recorded.map(titleOf))
    for (const title of effects)
      if (!done.has(title)) say(broken(INVARIANT, life.id, undefined, `${title} is not on record`))
  }
}

function titleOf([, , , effect, name]: StoredEntry): string {
  return `${EFFECT_NAMES[String(effect)] ?? String(effect)} ${String(name)}`
}
