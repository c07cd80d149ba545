import { toJsonSchema } from '@valibot/to-json-schema'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type * as v from 'valibot'
import { toJson } from '../model/serialise.ts'
import type { ChildDefinition } from '../effects/context.ts'
import type { Json } from '../model/json.ts'
import type { Limits, Recovery } from '../model/registration.ts'

/** A kind as its definition is deployed, with its schemas as JSON Schema (draft 2020-12). */
export type KindView = {
  readonly kind: string
  readonly recovery: Recovery
  readonly version?: string
  readonly limits?: Limits
  /** What a start takes. Absent if the library of the schema cannot say it as JSON Schema. */
  readonly input?: Json
  /** What a result has. Absent as `input`. */
  readonly output?: Json
  /** Types of events that it may emit, each with the schema of its payload, or null as for an absent `input`. */
  readonly events?: Readonly<Record<string, Json>>
}

const TARGET = 'draft-2020-12'

/** The kinds of these definitions, by name. */
export function kindsOf(definitions: Iterable<ChildDefinition>): readonly KindView[] {
  const views = [...definitions].map(kindOf)
  return views.sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

function kindOf(definition: ChildDefinition): KindView {
  const { kind, recovery = 'rerun', version, limits, events } = definition
  const input = jsonSchemaOf(definition.input, 'input')
  const output = jsonSchemaOf(definition.output, 'output')
  return {
    kind,
    recovery,
    ...(version === undefined ? {} : { version }),
    ...(limits === undefined ? {} : { limits }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(events === undefined
      ? {}
      : {
          events: Object.fromEntries(
            Object.entries(events).map(([type, schema]) => [type, jsonSchemaOf(schema, 'output') ?? null]),
          ),
        }),
  }
}

/**
 * A schema as JSON Schema: by its own converter (Standard JSON Schema, as zod has it), or by valibot's. Undefined if it has
 * neither, or if its converter throws.
 */
function jsonSchemaOf(schema: StandardSchemaV1, side: 'input' | 'output'): Json | undefined {
  try {
    if (convertsItself(schema)) return shown(schema['~standard'].jsonSchema[side]({ target: TARGET }))
    if (!isValibot(schema)) return undefined
    // What JSON Schema cannot say, such as a check by code, is left out of it.
    return shown(toJsonSchema(schema, { typeMode: side, target: TARGET, errorMode: 'ignore' }))
  } catch {
    // A converter throws on what it cannot say: the kind is shown without that schema.
    return undefined
  }
}

function shown(schema: object): Json {
  const { $schema: _dialect, ...rest }: { $schema?: unknown } = schema
  return toJson(rest, 'the schema')
}

function convertsItself(schema: StandardSchemaV1): schema is StandardSchemaV1 & StandardJSONSchemaV1 {
  return 'jsonSchema' in schema['~standard']
}

function isValibot(schema: StandardSchemaV1): schema is StandardSchemaV1 & v.GenericSchema {
  return schema['~standard'].vendor === 'valibot'
}
