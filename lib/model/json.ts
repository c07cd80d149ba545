/** Anything JSON can say. Inputs, outcomes and outputs of processes are of this shape. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

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
