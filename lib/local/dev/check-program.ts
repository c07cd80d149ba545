import { readFileSync, writeFileSync } from 'node:fs'
import type { AnyDefinition } from '../../effects/definition.ts'
import { placeOf, readableStack } from '../../telemetry/stacks.ts'
import type { History } from '../../testing/history.ts'
import { replayHistory, type ReplayVerdict } from '../../testing/replay-history.ts'
import { dieWithParent } from '../lifeline.ts'
import type { BuildIssue } from './programs.ts'

// Runs in a process of its own, so that code which ends its process, never returns, or looks for credentials does no harm.
//
//   node check.mjs <file of histories> <file for the answer>

// Before the author's module is loaded, which may do anything.
dieWithParent()

/** What is wrong with the module, or its kinds and a verdict for each history, in order. */
export type CheckAnswer =
  | { readonly ok: false; readonly issue: BuildIssue }
  | { readonly ok: true; readonly kinds: readonly string[]; readonly verdicts: readonly ReplayVerdict[] }

/** Loads the definitions, replays the histories, writes the answer and ends the process. */
export async function check(load: () => Promise<{ readonly definitions?: unknown }>): Promise<never> {
  const [, , from = '', to = ''] = process.argv
  const answer = await answerTo(load, JSON.parse(readFileSync(from, 'utf8')) as readonly History[])
  writeFileSync(to, JSON.stringify(answer))
  process.exit(0)
}

async function answerTo(
  load: () => Promise<{ readonly definitions?: unknown }>,
  histories: readonly History[],
): Promise<CheckAnswer> {
  const refused = (issue: BuildIssue) => ({ ok: false, issue }) as const
  let definitions: unknown
  try {
    ;({ definitions } = await load())
  } catch (error) {
    const at = placeOf(error)
    const text = error instanceof Error ? readableStack(error.stack ?? error.message) : String(error)
    return refused({
      ...(at === undefined ? {} : { at }),
      text: `the module threw as it was loaded: ${text}`,
    })
  }
  if (!Array.isArray(definitions) || definitions.length === 0 || !definitions.every(isDefinition))
    return refused({
      text: 'the module must export definitions, a list of what defineProcess returns: export const definitions = [order]',
    })
  const kinds = definitions.map(({ kind }) => kind)
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index)
  if (twice !== undefined) return refused({ text: `two definitions have the kind ${twice}` })
  const verdicts: ReplayVerdict[] = []
  for (const history of histories) verdicts.push(await replayHistory(history, { definitions }))
  return { ok: true, kinds, verdicts }
}

function isDefinition(value: unknown): value is AnyDefinition {
  const { kind, run } = (value ?? {}) as { readonly kind?: unknown; readonly run?: unknown }
  return typeof kind === 'string' && typeof run === 'function'
}
