import * as v from 'valibot'
import type { Flaw } from '../model/errors.ts'

/** A schema's complaints as key, expected and got. */
export function flawsOf(issues: readonly v.BaseIssue<unknown>[]): Flaw[] {
  return issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message:
      issue.expected === null ? issue.message : `expected ${issue.expected}, got ${cut(issue.received)}`,
  }))
}

/** What came may be long, or a secret: only its beginning is shown. */
function cut(received: string): string {
  return received.length <= 60 ? received : `${received.slice(0, 57)}…`
}
