import type { Planted } from './bug.ts'
import { ARRIVALS } from './planted/arrivals.ts'
import { BACKLOGS } from './planted/backlogs.ts'
import { CALLERS } from './planted/callers.ts'
import { CALLBACKS } from './planted/callbacks.ts'
import { ERRORS } from './planted/errors.ts'
import { FAMILY } from './planted/family.ts'
import { HOSTS } from './planted/hosts.ts'
import { JOURNAL } from './planted/journal.ts'
import { LEASES } from './planted/leases.ts'
import { MESSAGES } from './planted/messages.ts'
import { PLACES } from './planted/places.ts'
import { QUEUE } from './planted/queue.ts'
import { RETENTION } from './planted/retention.ts'
import { SCHEMAS } from './planted/schemas.ts'
import { STARTS } from './planted/starts.ts'
import { STREAM } from './planted/stream.ts'
import { STUCK } from './planted/stuck.ts'
import { VALUES } from './planted/values.ts'
import { SUSPECTS } from './planted/suspects.ts'
import { TIMES } from './planted/times.ts'
import { WAITS } from './planted/waits.ts'

/** Bugs in what the library exists for. Each is a plausible mistake that no type check would see. */
export const PLANTED: readonly Planted[] = [
  ...LEASES,
  ...JOURNAL,
  ...WAITS,
  ...ARRIVALS,
  ...BACKLOGS,
  ...CALLBACKS,
  ...ERRORS,
  ...FAMILY,
  ...HOSTS,
  ...MESSAGES,
  ...PLACES,
  ...QUEUE,
  ...STARTS,
  ...SUSPECTS,
  ...TIMES,
  ...CALLERS,
  ...STREAM,
  ...RETENTION,
  ...SCHEMAS,
  ...STUCK,
  ...VALUES,
]
