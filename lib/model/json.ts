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
