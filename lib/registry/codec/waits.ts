import { ARRIVALS } from '../../model/log.ts'
import type { Wait } from '../../model/record.ts'
import { ERROR_FACTS } from './error-facts.ts'
import { flag, instant, listOf, needed, oneOf, optional, text, variants, whole } from './shape.ts'

// What a parked process waits for, and the paths by which a condition asks for it.

export const WAIT_ATTR = 'w'
const KIND = 'f'
const TITLES = 'o'
const KINDS_OF_ANY = 'm'
const SINCE = { since: optional('a', instant) } as const

export const WAIT = variants<Wait, 'for'>('for', KIND, {
  worker: {
    ...SINCE,
    unbegun: optional('n', flag),
    tries: optional('t', whole),
    error: optional('e', ERROR_FACTS),
  },
  undeployed: { ...SINCE, kind: needed('k', text), tries: needed('n', whole) },
  external: SINCE,
  effects: {
    ...SINCE,
    on: needed(TITLES, listOf(text)),
    anyOf: optional(KINDS_OF_ANY, listOf(oneOf(ARRIVALS))),
  },
  slot: { ...SINCE, key: needed('k', text), tries: optional('n', whole) },
  resume: { ...SINCE, error: needed('e', ERROR_FACTS) },
})

export const WAIT_FOR = `${WAIT_ATTR}.${KIND}`
/** The titles that are shown of a wait for effects, and the kinds of which any arrival is taken. */
export const WAIT_ON = `${WAIT_ATTR}.${TITLES}`
export const WAIT_ANY_OF = `${WAIT_ATTR}.${KINDS_OF_ANY}`
