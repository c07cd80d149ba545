import { verdictLine } from '../local/dev/lines.ts'
import type { ReplayVerdict } from '../testing/replay-history.ts'

/** Verdicts as a report that CI servers read: a divergence is a failure, and a history that cannot be replayed an error. */
export function junitOf(verdicts: readonly ReplayVerdict[]): string {
  const count = (verdict: ReplayVerdict['verdict']) =>
    verdicts.filter((each) => each.verdict === verdict).length
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="leasehold replay" tests="${verdicts.length}" failures="${count('diverges')}" errors="${count('unusable')}">`,
    ...verdicts.map((verdict) => caseOf(verdict)),
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

function caseOf(verdict: ReplayVerdict): string {
  const head = `  <testcase classname="${escaped(verdict.kind)}" name="${escaped(verdict.id)}"`
  const element = { diverges: 'failure', unusable: 'error', frontier: '', 'same-end': '' }[verdict.verdict]
  if (element === '') return `${head}/>`
  return `${head}><${element} message="${escaped(verdictLine(verdict))}"/></testcase>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** XML has no place for other control characters, not even escaped. */
function escaped(text: string): string {
  return text.replace(/[&<>"\n]/gu, (character) => ENTITIES[character] ?? '').replace(/\p{Cc}/gu, '\u{fffd}')
}
