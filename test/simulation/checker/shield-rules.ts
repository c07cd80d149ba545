import type { Expected } from './expectations.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { EFFECT_NAMES, TAG, type StoredEntry } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'clean-up under a shield runs to its end'

/**
 * No shielded effect is refused, since the process is to end. A process that was asked to cancel, or ran out of time, in the
 * lines before its clean-up has all of the clean-up on record. One that was ever stuck may be ended as it lies.
 */
export function cleanUpIsDone(observed: ObservedProcess, expected: Expected | undefined, say: Say): void {
  const { entries } = observed.log
  const early =
    observed.row?.status === 'cancelled' ||
    (observed.row?.status === 'failed' && observed.row.code === 'timed_out')
  for (const { opens, effects } of expected?.shields ?? []) {
    const recorded = entries.filter((entry) => entry[0] === TAG.effect && effects.has(titleOf(entry)))
    for (const entry of recorded)
      if (entry[5] === 0 && entry[6] === 'EffectRefused')
        say(broken(INVARIANT, observed.id, undefined, `${titleOf(entry)} is refused: ${String(entry[7])}`))
    const opened = entries.some(
      (entry) => entry[0] === TAG.effect && titleOf(entry) === opens && entry[5] === 1,
    )
    if (!early || !opened || observed.wasStuck) continue
    const done = new Set(recorded.map(titleOf))
    for (const title of effects)
      if (!done.has(title)) say(broken(INVARIANT, observed.id, undefined, `${title} is not on record`))
  }
}

function titleOf([, , , effect, name]: StoredEntry): string {
  return `${EFFECT_NAMES[String(effect)] ?? String(effect)} ${String(name)}`
}
