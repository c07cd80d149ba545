import { EffectRefused, InvalidInput } from '../model/errors.ts'
import { EFFECT_NAME_MAX } from '../model/limits.ts'
import type { EffectKind } from '../model/log.ts'
import { place } from './engine/place.ts'

/** Throws `EffectRefused` inside a step's body and after the end of the run, `InvalidInput` on a name that is none. */
export function refuseMisuse(effect: EffectKind, name: string, closed: boolean): void {
  if (typeof name !== 'string' || name === '' || name.length > EFFECT_NAME_MAX || !name.isWellFormed()) {
    const flaws = [{ path: '', message: `expected a text of 1 to ${EFFECT_NAME_MAX} whole characters` }]
    throw new InvalidInput({ what: `the name of a ${effect}`, flaws })
  }
  const inStep = place.getStore()?.inStep === true
  if (!closed && !inStep) return
  const because = closed ? 'the run has ended' : 'it was asked for inside the body of a step'
  throw new EffectRefused({ effect: `${effect} ${JSON.stringify(name)}`, because })
}
