import type { ChildDefinition } from '../effects/context.ts'
import { InvalidInput } from '../model/errors.ts'
import type { Output } from '../model/record.ts'
import { OPTIONS_OF } from './options.ts'
import type { ResultOptions } from './processes.ts'

export type ResultAsked = [string, ResultOptions?] | [ChildDefinition, string, ResultOptions?]

/** Both ways to ask for a result, as one. */
export function readResultArguments(asked: ResultAsked) {
  const [first, second, third] = asked
  const [definition, id, options] =
    typeof first === 'string'
      ? [undefined, first, second as ResultOptions | undefined]
      : [first, second as string, third]
  OPTIONS_OF.result(options)
  return { definition, id, timeout: options?.timeout }
}

/**
 * The output of a process, typed by the definition it is said to be of. Its worker ran the schema: what it recorded is
 * what each reader gets. Throws `InvalidInput` on the definition of another kind, whose type would be wrong.
 */
export function typed(
  definition: ChildDefinition | undefined,
  { id, kind }: { readonly id: string; readonly kind?: string },
  output: Output,
): Output {
  if (definition === undefined || kind === undefined || definition.kind === kind) return output
  const message = `expected the definition of ${kind}, which ${id} is, got that of ${definition.kind}`
  throw new InvalidInput({ what: 'the result', issues: [{ path: 'definition', message }] })
}
