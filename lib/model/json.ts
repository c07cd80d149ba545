import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Anything JSON can say. Inputs, outcomes and outputs of processes are of this shape. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * The same type where JSON can hold its values, else one that they do not fit. Unlike `Json` it takes interfaces, optional
 * fields and readonly lists. `any` and `unknown` pass: those values are looked at when they come.
 */
export type JsonOnly<T> = unknown extends T
  ? T
  : T extends Json | undefined | void
    ? T
    : T extends bigint | symbol | ((...args: never) => unknown)
      ? never
      : { [Key in keyof T]: JsonOnly<T[Key]> }

/** A schema whose output JSON can hold; any other is a type error that says so. */
export type JsonSchema<Schema extends StandardSchemaV1> = Schema &
  (StandardSchemaV1.InferOutput<Schema> extends JsonOnly<StandardSchemaV1.InferOutput<Schema>>
    ? unknown
    : { readonly 'JSON cannot hold the output of this schema': never })

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
