import { definitionsByKind, type AnyDefinition } from '../effects/definition.ts'
import { factsOf } from '../model/failure.ts'
import { parseProcessId } from '../model/ids.ts'
import { isError } from '../model/realm.ts'
import type { Json } from '../model/json.ts'
import type { Payload } from '../model/log.ts'
import { placeOf } from '../telemetry/stacks.ts'
import { HistoryUnusable } from './errors.ts'
import { checkHistory, type History } from './history.ts'
import { replay, type ReplayEnd } from './replay.ts'

/** What the code of today makes of a recorded process. `at` is a place in the author's code, as `file:line:column`. */
export type ReplayVerdict = { readonly id: string; readonly kind: string } & (
  | {
      /** It asks for all that is recorded, and then for something new; with `ends` it returns there. */
      readonly verdict: 'frontier'
      readonly ends: boolean
    }
  /** It asks for all that is recorded and ends as it did. */
  | { readonly verdict: 'same-end' }
  | Divergence
  /** No definition of its kind, a value that the history lacks, or code that waits for something that is no effect. */
  | { readonly verdict: 'unusable'; readonly because: string }
)

type Divergence = {
  readonly verdict: 'diverges'
  /** Counts the effects that a run asks for, from 0. */
  readonly position: number
  readonly recorded: string
  readonly asked: string
  readonly at?: string
}

/**
 * Runs the code of a stored process on its history: the file of `leasehold history`, parsed. No body of a step runs, and nothing is
 * written. Throws `HistoryUnusable` if the history is damaged or of another version.
 *
 *     const verdict = await replayHistory(JSON.parse(readFileSync('order-7.json', 'utf8')), { definitions })
 *     assert.notEqual(verdict.verdict, 'diverges')
 */
export async function replayHistory(
  history: unknown,
  { definitions }: { readonly definitions: readonly AnyDefinition[] },
): Promise<ReplayVerdict> {
  const { process, entries, payloads } = checkHistory(history, 'the history')
  const { id, kind } = process
  const kinds = definitionsByKind(definitions)
  const definition = kinds.get(kind)
  if (definition === undefined) {
    const because = `there is no definition of kind ${kind}; there are: ${[...kinds.keys()].join(', ')}`
    return { id, kind, verdict: 'unusable', because }
  }
  const load = (payload: Payload) => loadFrom(payloads, id, payload)
  try {
    const input = await load(process.input)
    const row = { ...process, id: parseProcessId(id) }
    const rest = await replay({ row, log: entries, input, definition, load })
    return { id, kind, ...judge(process, nextPosition(entries), rest) }
  } catch (error) {
    return { id, kind, verdict: 'unusable', because: isError(error) ? error.message : String(error) }
  }
}

async function loadFrom(payloads: History['payloads'], id: string, payload: Payload): Promise<Json> {
  if ('value' in payload) return payload.value
  const value = payloads[payload.ref]
  if (value === undefined) {
    const reason = `it lacks the value ${payload.ref} of ${payload.bytes} bytes`
    throw new HistoryUnusable({ name: id, reason })
  }
  return value
}

type HistoryVerdict = ReplayVerdict extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'id' | 'kind'>
    : never
  : never

function judge(process: History['process'], position: number, rest: ReplayEnd): HistoryVerdict {
  switch (rest.came) {
    case 'to a mismatch': {
      const { position: at, expected, found } = rest.error.facts as MismatchFacts
      return {
        verdict: 'diverges',
        position: at,
        recorded: expected,
        asked: found,
        ...placed(placeOf(rest.error)),
      }
    }
    case 'nowhere':
      return {
        verdict: 'unusable',
        because: `its code waits for something that is no effect${rest.at === undefined ? '' : ` (${rest.at})`}`,
      }
    case 'to an error':
      throw rest.error
    case 'to the frontier': {
      const recorded = endOfCode(process)
      if (recorded === undefined) return { verdict: 'frontier', ends: false }
      return {
        verdict: 'diverges',
        position,
        recorded,
        asked: rest.asked ?? 'an effect',
        ...placed(rest.at),
      }
    }
    case 'to the end': {
      if (process.status === 'cancelled') return { verdict: 'same-end' }
      const recorded = endOfCode(process)
      if (recorded === undefined) return { verdict: 'frontier', ends: true }
      if (rest.threw === (process.status !== 'completed')) return { verdict: 'same-end' }
      // What it returned was refused after the code had ended.
      if (!rest.threw && codeOf(process) === 'output_invalid') return { verdict: 'same-end' }
      return { verdict: 'diverges', position, recorded, ...endedNow(rest) }
    }
  }
}

type MismatchFacts = { readonly position: number; readonly expected: string; readonly found: string }

/** Codes of failures that end a process from outside its code, which is somewhere in the middle then. */
const ENDED_IN_THE_MIDDLE: ReadonlySet<string> = new Set([
  'journal_full',
  'effect_refused',
  'step_interrupted',
])

/** The end that the code itself came to. Undefined for an open process, and for one that was ended in the middle. */
function endOfCode({ status, output }: History['process']): string | undefined {
  if (status === 'completed') return 'the end of the run, completed'
  if (status !== 'failed' || output?.outcome !== 'failure') return undefined
  if (output.evidence !== undefined || ENDED_IN_THE_MIDDLE.has(output.error.code)) return undefined
  return `the end of the run, failed with ${output.error.class}`
}

function codeOf({ output }: History['process']): string | undefined {
  return output?.outcome === 'failure' ? output.error.code : undefined
}

function endedNow(rest: Extract<ReplayEnd, { came: 'to the end' }>): Pick<Divergence, 'asked' | 'at'> {
  if (!rest.threw) return { asked: 'the end of the run, completed' }
  const { class: name, message } = factsOf(rest.error, 'process_failed')
  return { asked: `the end of the run, failed with ${name}: ${message}`, ...placed(placeOf(rest.error)) }
}

function placed(at: string | undefined): { readonly at?: string } {
  return at === undefined ? {} : { at }
}

function nextPosition(entries: History['entries']): number {
  return Math.max(-1, ...entries.flatMap((entry) => (entry.type === 'effect' ? [entry.position] : []))) + 1
}
