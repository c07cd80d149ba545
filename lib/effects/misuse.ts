import { EffectRefused, given, InvalidInput } from '../model/errors.ts'
import { EFFECT_NAME_MAX } from '../model/limits.ts'
import type { EffectKind } from '../model/log.ts'
import type { RunPorts } from './controller.ts'
import { effectScope } from './engine/effect-scope.ts'

/** Throws `EffectRefused` inside a step's body and after the end of the run, `InvalidInput` on a name that is none. */
export function refuseMisuse(effect: EffectKind, name: string, ended: EndedRun | undefined): void {
  if (typeof name !== 'string' || name === '' || name.length > EFFECT_NAME_MAX || !name.isWellFormed()) {
    const issues = [
      {
        path: '',
        message: `expected a text of 1 to ${EFFECT_NAME_MAX} whole characters, got ${nameShown(name)}`,
      },
    ]
    throw new InvalidInput({ what: `the name of a ${effect}`, issues })
  }
  const inStep = effectScope.getStore()?.inStep === true
  if (ended === undefined && !inStep) return
  const because = ended === undefined ? IN_A_STEP : AFTER_THE_END
  const error = new EffectRefused({ effect: `${effect} ${JSON.stringify(name)}`, because })
  if (ended !== undefined) reportLate(ended, error)
  throw error
}

function nameShown(name: unknown): string {
  if (typeof name !== 'string') return given(name)
  return name.length > EFFECT_NAME_MAX ? `${name.length}: ${name.slice(0, 40)}…` : JSON.stringify(name)
}

const IN_A_STEP = 'it was asked for inside the body of a step; ask for it before or after that step'
const AFTER_THE_END = 'the run has ended; await all that the code does before it returns'

/** Lines for one run: code that runs for ever after its end must not fill the log. */
const LINES_MAX = 5
const lines = new WeakMap<EndedRun, number>()
/** The ports of a run that has ended. */
type EndedRun = Pick<RunPorts, 'warn' | 'placeOf'>

/** One line for an effect after the end of its run: nothing awaits most of them, so no code sees the refusal. */
function reportLate(run: EndedRun, error: EffectRefused): void {
  const before = lines.get(run) ?? 0
  if (before >= LINES_MAX) return
  lines.set(run, before + 1)
  const at = run.placeOf(error) ?? null
  run.warn('an effect was asked for after the end of its run', { at }, error)
}
