import { ALARM_RULES } from './rules-alarms.ts'
import { DATA_RULES } from './rules-data.ts'
import { FUNCTION_RULES } from './rules-functions.ts'
import { RIGHT_RULES } from './rules-rights.ts'
import { START_RULES } from './rules-starts.ts'
import type { TemplateJson } from './json.ts'

/** Rules of AWS, and of this construct, that no schema of a resource holds. Each has a mutant in mutants.ts that breaks it. */
export const RULES = {
  ...FUNCTION_RULES,
  ...RIGHT_RULES,
  ...DATA_RULES,
  ...ALARM_RULES,
  ...START_RULES,
} as const
export type RuleName = keyof typeof RULES

/** What the rules find: `rule: logical id: what is wrong`. */
export function brokenRules(template: TemplateJson): readonly string[] {
  return Object.entries(RULES).flatMap(([name, rule]) =>
    rule(template).map(({ id, says }) => `${name}: ${id}: ${says}`),
  )
}
