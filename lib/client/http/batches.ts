import { parseToJson } from '../../effects/definition.ts'
import type { ChildDefinition } from '../../effects/context.ts'
import { toJson } from '../../model/serialise.ts'
import { LeaseholdError, PayloadTooLarge, RequestFailed } from '../../model/errors.ts'
import { utf8Bytes } from '../../model/json.ts'
import { API_BATCH_MAX, API_BODY_MAX_BYTES } from '../../model/limits-http.ts'
import { OPTIONS_OF } from '../options.ts'
import type { ProcessView, StartOf, StartReply } from '../processes.ts'
import { errorOf, readProblem } from './problems.ts'

// Starts as the API takes them, one or many, and what it says of many.

export type BatchResult =
  | { readonly id: string; readonly ok: true; readonly created: boolean; readonly process: ProcessView }
  | { readonly id: string; readonly ok: false; readonly problem: unknown }

export function readBatchResult(result: BatchResult): StartReply {
  if (result.ok) return result
  const { id } = result
  const problem = readProblem(result.problem)
  const reason = problem?.detail ?? 'the API does not say why'
  const error =
    (problem && errorOf(problem)) ??
    new RequestFailed({ method: 'POST', path: '/v1/processes/batch', tries: 1, reason })
  return { id, ok: false, error }
}

/**
 * What the definition says is said by the one that is deployed with the API, except of a kind that may not be. The schema
 * only checks here: the input is sent as it was given, and the API records its own schema's output. Throws `InvalidInput`.
 */
export async function bodyOf<Definition extends ChildDefinition>(
  definition: Definition,
  start: StartOf<Definition>,
): Promise<object> {
  OPTIONS_OF.start(start)
  const { kind, recovery } = definition
  const input = toJson(start.input, 'the input')
  await parseToJson(definition.input, input, `the input of ${kind}`)
  const limits = { ...definition.limits, ...start.limits }
  return {
    ...start,
    kind,
    input,
    ...(recovery === undefined ? {} : { recovery }),
    ...(recovery === 'external' && Object.keys(limits).length > 0 ? { limits } : {}),
  }
}

/** One that can be sent, or why it cannot be: that stops no other. */
export async function bodyOrRefusal<Definition extends ChildDefinition>(
  definition: Definition,
  start: StartOf<Definition>,
): Promise<object> {
  try {
    const body = await bodyOf(definition, start)
    const bytes = utf8Bytes(JSON.stringify({ starts: [body] }))
    const maxBytes = API_BODY_MAX_BYTES
    return bytes > maxBytes ? new PayloadTooLarge({ what: 'the start', bytes, maxBytes }) : body
  } catch (error) {
    if (error instanceof LeaseholdError) return error
    throw error
  }
}

/** As many as the API takes at once, by number and by size. */
export function batchesOf(starts: readonly object[]): object[][] {
  const batches: object[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const start of starts) {
    const more = utf8Bytes(JSON.stringify(start)) + 1
    const batch = batches.at(-1)
    if (batch === undefined || batch.length >= API_BATCH_MAX || bytes + more > API_BODY_MAX_BYTES) {
      batches.push([start])
      bytes = utf8Bytes('{"starts":[]}') + more
    } else {
      batch.push(start)
      bytes += more
    }
  }
  return batches
}

/** The replies of the API with the refusals of what was never sent between them, as was asked. */
export function inOrder(
  starts: readonly { readonly id: string }[],
  asked: readonly object[],
  answered: readonly StartReply[],
): readonly StartReply[] {
  let next = 0
  return asked.flatMap((each, index): readonly StartReply[] => {
    if (each instanceof LeaseholdError) return [{ id: starts[index]?.id ?? '', ok: false, error: each }]
    next += 1
    return answered.slice(next - 1, next)
  })
}
