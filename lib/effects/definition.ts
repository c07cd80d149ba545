import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidConfig, InvalidInput, LeaseholdError, type Flaw } from '../model/errors.ts'
import { factsOf, wordless } from '../model/failure.ts'
import { parseKind } from '../model/ids.ts'
import type { Limits, Recovery } from '../model/registration.ts'
import type { ProcessContext } from './context.ts'

/** Event types a process may emit, each with the schema of its payload. */
export type EventSchemas = { readonly [type: string]: StandardSchemaV1 }

/** What a parent needs to know of a child: how it is named and what goes in and out. */
export type ChildDefinition = {
  readonly kind: string
  readonly input: StandardSchemaV1
  readonly output: StandardSchemaV1
  readonly recovery?: Recovery
  readonly limits?: Limits
  readonly version?: string
  readonly events?: EventSchemas
}

/**
 * A process as code: deployed with the worker, never stored. `input` and `output` are Standard Schemas (zod, valibot,
 * arktype …). `run` may be executed many times from the top, by many workers: everything non-deterministic in it goes
 * through its context, whose recorded outcomes are returned on a re-run.
 */
export type ProcessDefinition<
  Input extends StandardSchemaV1 = StandardSchemaV1,
  Output extends StandardSchemaV1 = StandardSchemaV1,
> = {
  /** Names the definition in messages, rows and metrics. `[A-Za-z0-9._:-]{1,128}`. */
  readonly kind: string
  /** Checked when a start is asked for, and again before each run: what `run` gets is the schema's output. */
  readonly input: Input
  /** Checked when `run` returns; a value it refuses ends the process failed with `output_invalid`. */
  readonly output: Output
  /** Default `rerun`. */
  readonly recovery?: Recovery
  readonly limits?: Limits
  /** Recorded with each process that is started, so that an operator sees which code a running one began with. */
  readonly version?: string
  /** What it emits. Where this is given, an event of another type or payload is refused. */
  readonly events?: EventSchemas
  readonly run: (
    context: ProcessContext,
    input: StandardSchemaV1.InferOutput<Input>,
  ) => Promise<StandardSchemaV1.InferInput<Output>>
}

/** A definition of any types, as a worker keeps them in its list. */
// Method syntax makes the parameters bivariant, which is what a list of different definitions needs.
export type AnyDefinition = Omit<ProcessDefinition, 'run'> & {
  run(context: ProcessContext, input: unknown): Promise<unknown>
}

/** Types and checks a definition. Throws `InvalidId` on a bad kind. */
export function defineProcess<Input extends StandardSchemaV1, Output extends StandardSchemaV1>(
  definition: ProcessDefinition<Input, Output>,
): ProcessDefinition<Input, Output> {
  parseKind(definition.kind)
  return Object.freeze({ ...definition })
}

/** Definitions by kind. Throws `InvalidConfig` where two share one. */
export function definitionsByKind(definitions: readonly AnyDefinition[]): ReadonlyMap<string, AnyDefinition> {
  const byKind = new Map(definitions.map((definition) => [definition.kind, definition]))
  if (byKind.size === definitions.length) return byKind
  const twice = definitions.find((definition) => byKind.get(definition.kind) !== definition)
  throw new InvalidConfig({
    flaws: [{ path: 'definitions', message: `expected one of each kind, got two of ${twice?.kind}` }],
  })
}

/** What a schema makes of a value. Throws `InvalidInput` with the path of each flaw. */
export async function parseWith<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  what: string,
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  const result = await validated(schema, value, what)
  if (result.issues === undefined) return result.value
  throw new InvalidInput({ what, flaws: result.issues.map(toFlaw), bySchema: true })
}

/**
 * A schema that throws, as a transformation that parses text does, refuses the value as well: it would throw again
 * each time. Its words quote the value as often as those of a schema that answers.
 */
async function validated<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  what: string,
): Promise<StandardSchemaV1.Result<StandardSchemaV1.InferOutput<Schema>>> {
  try {
    return await schema['~standard'].validate(value)
  } catch (thrown) {
    if (thrown instanceof LeaseholdError) throw thrown
    const { class: name, message } = factsOf(thrown, 'invalid_input')
    const flaws = [{ path: '', message: `its schema threw ${name}: ${message}` }]
    throw new InvalidInput({ what, flaws, bySchema: true }, wordless(thrown))
  }
}

function toFlaw(issue: StandardSchemaV1.Issue): Flaw {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return { path: keys.map(String).join('.'), message: issue.message }
}
