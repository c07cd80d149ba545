import { OF_ALARMS } from './mutants/alarms.ts'
import { OF_DATA } from './mutants/data.ts'
import { OF_FUNCTIONS } from './mutants/functions.ts'
import { OF_RIGHTS } from './mutants/rights.ts'
import { OF_STARTS } from './mutants/starts.ts'
import type { Mutant } from './mutant.ts'

/** Every mistake that a rule or a schema finds. */
export const MUTANTS: readonly Mutant[] = [
  ...OF_FUNCTIONS,
  ...OF_RIGHTS,
  ...OF_DATA,
  ...OF_ALARMS,
  ...OF_STARTS,
]
