/** Of an attribute that contains bytes: the only values of DynamoDB that JSON holds in another form. */
const BYTES = /"BS?":/u

/** The value of a reply; undefined if its text is no JSON. Attributes of bytes are decoded, as the SDK decodes them. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text, BYTES.test(text) ? decoded : undefined)
  } catch {
    return undefined
  }
}

function decoded(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const names = Object.keys(value)
  if (names.length !== 1) return value
  const { B: one, BS: many } = value as { readonly B?: unknown; readonly BS?: unknown }
  if (typeof one === 'string') return { B: bytesIn(one) }
  return Array.isArray(many) && many.every((each) => typeof each === 'string')
    ? { BS: many.map(bytesIn) }
    : value
}

function bytesIn(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
