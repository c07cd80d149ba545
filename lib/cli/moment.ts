import type { EpochMs } from '../model/clock.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'
import type { Moment } from './spec.ts'

/** A moment that was typed, as epoch milliseconds. */
export function momentOf(moment: Moment): EpochMs {
  return 'at' in moment ? moment.at : SYSTEM_CLOCK.now() - moment.agoMs
}
