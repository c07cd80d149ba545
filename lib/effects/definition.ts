import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  given,
  InvalidConfig,
  InvalidInput,
  LeaseholdError,
  NotSerialisable,
  type Issue,
} from '../model/errors.ts'
import { factsOf, wordless } from '../model/failure.ts'
import { parseKind } from '../model/ids.ts'
import type { Json, JsonSchema } from '../model/json.ts'
import { isSchema, optionIssues, type Options } from '../model/options.ts'
import { limitIssues, LIMITS, RECOVERIES, type Limits, type Recovery } from '../model/registration.ts'
import { siteOf, type Site } from '../model/site.ts'
import type { EventSchemas, ProcessContext } from './context.ts'
import { toJson } from '../model/serialise.ts'

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
  /** Runs once, when a start comes in. Its output is recorded, and each run gets that. JSON must be able to hold it. */
  readonly input: Input
  /**
   * Runs once, when `run` returns. Its output is recorded, and each reader gets that. A process whose value it refuses ends
   * failed with `output_invalid`.
   */
  readonly output: Output
  /** Default `rerun`. */
  readonly recovery?: Recovery
  readonly limits?: Limits
  /** Recorded with each process that is started: operators see it, and code can branch on `context.version`. */
  readonly version?: string
  /** The events that it emits. If this is given, an event of another type or payload is refused. */
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

const DEFINITION: Options<ProcessDefinition> = {
  kind: 'any',
  input: 'any',
  output: 'any',
  recovery: RECOVERIES,
  limits: LIMITS,
  version: 'text',
  events: 'any',
  run: 'any',
}

/**
 * Types and checks a definition. Throws `InvalidId` for a bad kind. Throws `InvalidConfig` for a value that is no schema, and
 * for an unknown key.
 */
export function defineProcess<Input extends StandardSchemaV1, Output extends StandardSchemaV1>(
  definition: ProcessDefinition<Input, Output> & {
    readonly input: JsonSchema<Input>
    readonly output: JsonSchema<Output>
  },
): ProcessDefinition<Input, Output> {
  parseKind(definition.kind)
  const { input, output, events = {} } = definition
  const issues = [
    ...optionIssues(definition, DEFINITION),
    ...optionIssues(
      events,
      Object.fromEntries(Object.keys(events).map((type) => [type, 'schema'])),
      'events',
    ),
    ...limitIssues(definition),
  ]
  for (const [path, schema] of Object.entries({ input, output }))
    if (!isSchema(schema)) issues.push({ path, message: `expected a Standard Schema, got ${given(schema)}` })
  if (typeof definition.run !== 'function')
    issues.push({ path: 'run', message: `expected a function, got ${given(definition.run)}` })
  if (issues.length > 0) throw new InvalidConfig({ issues })
  const defined = Object.freeze({ ...definition })
  SITES.set(defined, siteOf(defineProcess))
  return defined
}

const SITES = new WeakMap<object, Site>()

/** Where a definition was made, for mistakes that no line of its code can be blamed for. */
export function definedAt(definition: object): Site | undefined {
  return SITES.get(definition)
}

/** Definitions by kind. Throws `InvalidConfig` if two share one. */
export function definitionsByKind(definitions: readonly AnyDefinition[]): ReadonlyMap<string, AnyDefinition> {
  const byKind = Map.groupBy(definitions, ({ kind }) => kind)
  const issues = [...byKind].flatMap(([kind, { length }]) =>
    length === 1
      ? []
      : [{ path: 'definitions', message: `expected one of each kind, got ${length} of ${kind}` }],
  )
  if (issues.length > 0) throw new InvalidConfig({ issues })
  return new Map(definitions.map((definition) => [definition.kind, definition]))
}

/** The output of a schema for a value, as JSON keeps it. Throws `InvalidInput`, also where JSON cannot hold that output. */
export async function parseToJson(schema: StandardSchemaV1, value: unknown, what: string): Promise<Json> {
  const made: unknown = await parseWith(schema, value, what)
  try {
    return toJson(made ?? null, what)
  } catch (error) {
    if (!(error instanceof NotSerialisable)) throw error
    const { path, found } = error.facts
    const message = `its schema makes ${String(found)}, which JSON cannot hold; let it make a text or a number`
    throw new InvalidInput({ what, issues: [{ path: String(path).replace(/^\$\.?/u, ''), message }] }, error)
  }
}

/** What a schema makes of a value. Throws `InvalidInput` with the path of each issue. */
export async function parseWith<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  what: string,
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  const result = await validated(schema, value, what)
  if (result.issues === undefined) return result.value
  throw new InvalidInput({ what, issues: result.issues.map(toIssue), bySchema: true })
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
    const issues = [{ path: '', message: `its schema threw ${name}: ${message}` }]
    throw new InvalidInput({ what, issues, bySchema: true }, wordless(thrown))
  }
}

function toIssue(issue: StandardSchemaV1.Issue): Issue {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return { path: keys.map(String).join('.'), message: issue.message }
}
