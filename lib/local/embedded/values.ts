import {
  addDecimals,
  compareDecimals,
  decimalBytes,
  formatDecimal,
  negated,
  parseDecimal,
} from './decimal.ts'

/** An attribute value as it stands on the wire: an object with one member, named after its type. */
export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly Value[] }
  | { readonly M: Attributes }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
/** Without a prototype, so that no attribute name finds what it does not hold. */
export type Attributes = { [name: string]: Value }
export type TypeName = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'L' | 'M' | 'SS' | 'NS' | 'BS'

export function typeOf(value: Value): TypeName {
  return Object.keys(value)[0] as TypeName
}

export function attributes(entries: Iterable<readonly [string, Value]> = []): Attributes {
  const made = Object.create(null) as Attributes
  for (const [name, value] of entries) made[name] = value
  return made
}

export function copyOf(item: Attributes): Attributes {
  return attributes(Object.entries(item))
}

export function picked(item: Attributes, names: Iterable<string>): Attributes {
  const made = attributes()
  for (const name of names) {
    const value = item[name]
    if (value !== undefined) made[name] = value
  }
  return made
}

export function equal(a: Value, b: Value): boolean {
  if ('M' in a) return 'M' in b && equalItems(a.M, b.M)
  if ('L' in a)
    return (
      'L' in b &&
      a.L.length === b.L.length &&
      a.L.every((each, at) => {
        const other = b.L[at]
        return other !== undefined && equal(each, other)
      })
    )
  // Numbers are stored in one form, sets in one order.
  return JSON.stringify(a) === JSON.stringify(b)
}

export function equalItems(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [x, y] = [a[name], b[name]]
    return x !== undefined && y !== undefined && equal(x, y)
  })
}

/** Texts by their UTF-8 bytes, numbers by value, binaries by their bytes; undefined for other or differing types. */
export function compareValues(a: Value, b: Value): number | undefined {
  if ('S' in a && 'S' in b) return compareTexts(a.S, b.S)
  if ('N' in a && 'N' in b) return compareNumbers(a.N, b.N)
  if ('B' in a && 'B' in b) return compareBinaries(a.B, b.B)
  return undefined
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function compareNumbers(a: string, b: string): number {
  return a === b ? 0 : compareDecimals(parseDecimal(a), parseDecimal(b))
}

function compareBinaries(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'))
}

export function sum(a: string, b: string): string {
  return formatDecimal(addDecimals(parseDecimal(a), parseDecimal(b)))
}

export function difference(a: string, b: string): string {
  return formatDecimal(addDecimals(parseDecimal(a), negated(parseDecimal(b))))
}

/** "DynamoDB item sizes and formats": names and texts by their bytes; lists and maps 3 bytes and 1 for each element. */
export function itemBytes(item: Attributes): number {
  let bytes = 0
  for (const name in item) {
    const value = item[name]
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueBytes(value)
  }
  return bytes
}

function valueBytes(value: Value): number {
  if ('S' in value) return Buffer.byteLength(value.S)
  if ('N' in value) return decimalBytes(parseDecimal(value.N))
  if ('B' in value) return Buffer.byteLength(value.B, 'base64')
  if ('SS' in value) return total(value.SS, (each) => Buffer.byteLength(each))
  if ('NS' in value) return total(value.NS, (each) => decimalBytes(parseDecimal(each)))
  if ('BS' in value) return total(value.BS, (each) => Buffer.byteLength(each, 'base64'))
  if ('L' in value) return 3 + total(value.L, (each) => valueBytes(each) + 1)
  if ('M' in value) return 3 + itemBytes(value.M) + Object.keys(value.M).length
  return 1
}

function total<T>(each: readonly T[], bytes: (one: T) => number): number {
  return each.reduce((all, one) => all + bytes(one), 0)
}

/** The members of a set in the one order that a set is stored in. */
export function sortedSet(type: 'SS' | 'NS' | 'BS', members: Iterable<string>): Value {
  switch (type) {
    case 'SS':
      return { SS: [...members].sort(compareTexts) }
    case 'NS':
      return { NS: [...members].sort(compareNumbers) }
    case 'BS':
      return { BS: [...members].sort(compareBinaries) }
  }
}
