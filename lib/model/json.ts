import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Anything JSON can say. Inputs, outcomes and outputs of processes are of this shape. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * The same type where JSON can hold its values, else one that they do not fit. Unlike `Json` it takes interfaces, optional
 * fields and readonly lists. `any` and `unknown` pass: those values are looked at when they come.
 */
type JsonOnly<T> = unknown extends T
  ? T
  : T extends Json | undefined | void
    ? T
    : T extends bigint | symbol | ((...args: never) => unknown)
      ? never
      : T extends readonly unknown[]
        ? JsonList<T>
        : { [Key in keyof T]: JsonOnly<T[Key]> }

/** JSON leaves out a field that is undefined, and has no such item of a list. An interface that extends `Array` is a list. */
type JsonList<T extends readonly unknown[]> = number extends T['length']
  ? readonly Exclude<JsonOnly<T[number]>, undefined>[]
  : { [Key in keyof T]: Exclude<JsonOnly<T[Key]>, undefined> }

/** A type that no value has. The compiler's message names it, and so tells the author why. */
export type Refused<Because extends string> = { readonly [Key in Because]: never }

/** Joins a parameter's type with `&`: no further demand where JSON can hold a `T`, else one that no value meets. */
export type JsonCheck<T, Refusal = Refused<'JSON cannot hold this value'>> = [T] extends [JsonOnly<T>]
  ? unknown
  : Refusal

/** What a step may return. The primitives keep a literal a literal; JSON is for `JsonCheck` to say. */
// oxlint-disable-next-line typescript/no-empty-object-type
export type StepValue = string | number | boolean | null | undefined | void | {}

/** A schema whose output JSON can hold; any other is a type error that says so. */
export type JsonSchema<Schema extends StandardSchemaV1> = Schema &
  JsonCheck<StandardSchemaV1.InferOutput<Schema>, Refused<'JSON cannot hold the output of this schema'>>

/** Bytes of a text as UTF-8, which is how both DynamoDB and SQS count. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

/** Bytes that a value takes as JSON text. */
export function jsonBytes(value: Json): number {
  return utf8Bytes(JSON.stringify(value))
}

/** The value with the keys of every object in order and nothing undefined: equal values have equal texts then. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sortedKeys(each)]))
}
