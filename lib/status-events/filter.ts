import { PROCESS } from '../registry/codec/keys.ts'
import { ROW } from '../registry/codec/rows.ts'
import { TABLE } from '../registry/table.ts'

type Pattern = { readonly [key: string]: Pattern | readonly FilterRule[] }
/** Those of Lambda's filter rules that are used here. */
type FilterRule = string | { readonly exists: boolean } | { readonly 'anything-but': readonly string[] }
export type FilterPattern = Pattern

const STATUS = ROW.status.attr
const OF_A_PROCESS = { [TABLE.sortKey.name]: { S: [PROCESS] } }
const ABSENT = { [STATUS]: { S: [{ exists: false }] } }
const RUNNING = { [STATUS]: { S: ['running'] } }
const NOT_RUNNING = { [STATUS]: { S: [{ 'anything-but': ['running'] }] } }

/**
 * What the stream's mapping lets through, as Lambda's filters say it: one of these has to match. They name the process item
 * only, and of it everything but writes that leave a running process running. What is left out is most of the stream:
 * renewals, pages, payloads and every recorded step; Lambda does not invoke for it, nor charge. A filter cannot compare two
 * images, so a few that change no status come through (a signal to a parked process), and are told by the function.
 */
export const STREAM_FILTERS: readonly FilterPattern[] = [
  { dynamodb: { Keys: OF_A_PROCESS, NewImage: NOT_RUNNING } },
  { dynamodb: { Keys: OF_A_PROCESS, NewImage: RUNNING, OldImage: NOT_RUNNING } },
  { dynamodb: { Keys: OF_A_PROCESS, NewImage: RUNNING, OldImage: ABSENT } },
  { dynamodb: { Keys: OF_A_PROCESS, NewImage: ABSENT } },
]

/** Whether Lambda would let a record through: for local runs, and for tests of the filters. */
export function passes(filters: readonly FilterPattern[], record: unknown): boolean {
  return filters.some((pattern) => matches(pattern, record))
}

function matches(pattern: Pattern, value: unknown): boolean {
  return Object.entries(pattern).every(([key, part]) => {
    const inner =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
    return isRules(part) ? part.some((rule) => allows(rule, inner)) : matches(part, inner)
  })
}

function isRules(part: Pattern | readonly FilterRule[]): part is readonly FilterRule[] {
  return Array.isArray(part)
}

function allows(rule: FilterRule, value: unknown): boolean {
  if (typeof rule === 'string') return value === rule
  if ('exists' in rule) return (value !== undefined) === rule.exists
  return value !== undefined && !rule['anything-but'].some((not) => not === value)
}
