import { parseWith, type ChildDefinition } from '../effects/definition.ts'
import type { Json } from '../model/json.ts'
import type { Output } from '../model/record.ts'
import type { ResultOptions } from './processes.ts'

export type ResultAsked = [string, ResultOptions?] | [ChildDefinition, string, ResultOptions?]

/** Both ways to ask for a result, as one. */
export function readResultArguments(asked: ResultAsked) {
  const [first, second, third] = asked
  const [definition, id, options] =
    typeof first === 'string'
      ? [undefined, first, second as ResultOptions | undefined]
      : [first, second as string, third]
  return { definition, id, timeout: options?.timeout }
}

/** An output read by the definition it is said to be of. Throws `InvalidInput`. */
export async function typed(
  definition: ChildDefinition | undefined,
  id: string,
  output: Output,
): Promise<Output> {
  if (definition === undefined || output.outcome !== 'success') return output
  return {
    outcome: 'success',
    value: (await parseWith(definition.output, output.value, `the output of ${id}`)) as Json,
  }
}
