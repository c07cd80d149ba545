import type { Ground } from '../../helpers/effects.ts'
import { effectsArrivals } from './effects-arrivals.ts'
import { effectsCallbacks } from './effects-callbacks.ts'
import { effectsChildOptions } from './effects-child-options.ts'
import { effectsChildren } from './effects-children.ts'
import { effectsErrors } from './effects-errors.ts'
import { effectsHosts } from './effects-hosts.ts'
import { effectsMisuse } from './effects-misuse.ts'
import { effectsOptions } from './effects-options.ts'
import { effectsParallel } from './effects-parallel.ts'
import { effectsReplay } from './effects-replay.ts'
import { effectsSteps } from './effects-steps.ts'
import { effectsValues } from './effects-values.ts'
import { effectsWaits } from './effects-waits.ts'

/** What every effect promises, whatever registry is under it. */
export function effectsConformance(ground: Ground): void {
  effectsSteps(ground)
  effectsWaits(ground)
  effectsArrivals(ground)
  effectsCallbacks(ground)
  effectsChildren(ground)
  effectsChildOptions(ground)
  effectsParallel(ground)
  effectsReplay(ground)
  effectsOptions(ground)
  effectsErrors(ground)
  effectsHosts(ground)
  effectsMisuse(ground)
  effectsValues(ground)
}
