import type { AttributeValue } from '@aws-sdk/client-dynamodb'

// Conditions and updates as DynamoDB documents them ("Expressions in DynamoDB", developer guide): parsed from the text
// that is sent, and not from what the library meant by it.

export type Attributes = { readonly [name: string]: AttributeValue }
export type Terms = {
  readonly names: Readonly<Record<string, string>>
  readonly values: Attributes
}

type Operand = (item: Attributes | undefined, terms: Terms) => AttributeValue | undefined
export type Condition = (item: Attributes | undefined, terms: Terms) => boolean
export type Update = (item: Attributes, terms: Terms) => Attributes

/** What DynamoDB says of an expression that it cannot read or carry out. */
export class Refused extends Error {
  override readonly name = 'ValidationException'
}

const conditions = new Map<string, Condition>()
const updates = new Map<string, Update>()

/** Texts are few, and are parsed once. */
export function conditionOf(text: string): Condition {
  return cached(conditions, text, () => whole(text, (reader) => readOr(reader)))
}

export function updateOf(text: string): Update {
  return cached(updates, text, () => whole(text, readUpdate))
}

function cached<T>(cache: Map<string, T>, text: string, make: () => T): T {
  const found = cache.get(text)
  if (found !== undefined) return found
  const made = make()
  cache.set(text, made)
  return made
}

class Reader {
  readonly #words: readonly string[]
  #at = 0
  constructor(text: string) {
    this.#words = text.match(/<>|<=|>=|[()<>=,]|[^\s()<>=,]+/g) ?? []
  }
  get next(): string | undefined {
    return this.#words[this.#at]
  }
  take(): string {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new Refused('Syntax error: unexpected end')
    return word
  }
  takes(word: string): boolean {
    if (this.next?.toUpperCase() !== word) return false
    this.#at += 1
    return true
  }
  expect(word: string): void {
    if (!this.takes(word)) throw new Refused(`Syntax error: expected ${word}, got ${this.next}`)
  }
}

function whole<T>(text: string, read: (reader: Reader) => T): T {
  const reader = new Reader(text)
  const result = read(reader)
  if (reader.next !== undefined) throw new Refused(`Syntax error: ${reader.next}`)
  return result
}

function readOr(reader: Reader): Condition {
  const parts = [readAnd(reader)]
  while (reader.takes('OR')) parts.push(readAnd(reader))
  return (item, terms) => parts.some((part) => part(item, terms))
}

function readAnd(reader: Reader): Condition {
  const parts = [readNot(reader)]
  while (reader.takes('AND')) parts.push(readNot(reader))
  return (item, terms) => parts.every((part) => part(item, terms))
}

function readNot(reader: Reader): Condition {
  if (!reader.takes('NOT')) return readComparison(reader)
  const part = readNot(reader)
  return (item, terms) => !part(item, terms)
}

function readComparison(reader: Reader): Condition {
  if (reader.takes('(')) {
    const inner = readOr(reader)
    reader.expect(')')
    return inner
  }
  if (reader.takes('ATTRIBUTE_NOT_EXISTS')) {
    const operand = readArgument(reader)
    return (item, terms) => operand(item, terms) === undefined
  }
  if (reader.takes('ATTRIBUTE_EXISTS')) {
    const operand = readArgument(reader)
    return (item, terms) => operand(item, terms) !== undefined
  }
  if (reader.takes('CONTAINS')) {
    const [holder, sought] = readTwo(reader)
    return (item, terms) => contains(holder(item, terms), sought(item, terms))
  }
  const left = readOperand(reader)
  const word = reader.take().toUpperCase()
  if (word === 'BETWEEN') {
    const low = readOperand(reader)
    reader.expect('AND')
    const high = readOperand(reader)
    return (item, terms) => {
      const value = left(item, terms)
      return compare('>=', value, low(item, terms)) && compare('<=', value, high(item, terms))
    }
  }
  if (word === 'IN') {
    const options = readList(reader)
    return (item, terms) => options.some((option) => compare('=', left(item, terms), option(item, terms)))
  }
  const right = readOperand(reader)
  return (item, terms) => compare(word, left(item, terms), right(item, terms))
}

function readArgument(reader: Reader): Operand {
  reader.expect('(')
  const operand = readOperand(reader)
  reader.expect(')')
  return operand
}

function readTwo(reader: Reader): [Operand, Operand] {
  const [first, second] = readList(reader)
  if (first === undefined || second === undefined) throw new Refused('a function takes two operands')
  return [first, second]
}

function readList(reader: Reader): Operand[] {
  reader.expect('(')
  const operands = [readOperand(reader)]
  while (reader.takes(',')) operands.push(readOperand(reader))
  reader.expect(')')
  return operands
}

function readOperand(reader: Reader): Operand {
  if (reader.takes('SIZE')) {
    const operand = readArgument(reader)
    return (item, terms) => sizeOf(operand(item, terms))
  }
  if (reader.takes('IF_NOT_EXISTS')) {
    const [path, otherwise] = readTwo(reader)
    return (item, terms) => path(item, terms) ?? otherwise(item, terms)
  }
  if (reader.takes('LIST_APPEND')) {
    const [head, tail] = readTwo(reader)
    return (item, terms) => {
      const [first, second] = [head(item, terms)?.L, tail(item, terms)?.L]
      if (first === undefined || second === undefined)
        throw new Refused('An operand in the update expression has an incorrect data type')
      return { L: [...first, ...second] }
    }
  }
  const word = reader.take()
  if (!word.startsWith(':')) return pathOf(word)
  return (_item, terms) => {
    const value = terms.values[word]
    if (value === undefined) throw new Refused(`An expression attribute value is not defined: ${word}`)
    return value
  }
}

function pathOf(text: string): Operand {
  const parts = text.split('.')
  return (item, terms) => {
    let at: AttributeValue | undefined = item === undefined ? undefined : { M: item }
    for (const part of parts) at = at?.M?.[nameOf(part, terms)]
    return at
  }
}

function nameOf(word: string, { names }: Terms): string {
  if (!word.startsWith('#')) return word
  const name = names[word]
  if (name === undefined) throw new Refused(`An expression attribute name is not defined: ${word}`)
  return name
}

function readUpdate(reader: Reader): Update {
  const changes: ((before: Attributes, after: Record<string, AttributeValue>, terms: Terms) => void)[] = []
  while (reader.next !== undefined) {
    const clause = reader.take().toUpperCase()
    do {
      const path = reader.take()
      if (clause === 'REMOVE') changes.push((_before, after, terms) => delete after[nameOf(path, terms)])
      else if (clause === 'SET' || clause === 'ADD') {
        if (clause === 'SET') reader.expect('=')
        const operand = readOperand(reader)
        changes.push((before, after, terms) => {
          const name = nameOf(path, terms)
          const value = operand(before, terms)
          if (value === undefined)
            throw new Refused('The provided expression refers to an attribute that does not exist')
          after[name] = clause === 'SET' ? value : added(before[name], value)
        })
      } else throw new Refused(`Syntax error: ${clause}`)
    } while (reader.takes(','))
  }
  // Every operand is read from the item as it was before the update.
  return (item, terms) => {
    const after = { ...item }
    for (const change of changes) change(item, after, terms)
    return after
  }
}

function added(before: AttributeValue | undefined, by: AttributeValue): AttributeValue {
  if (by.N === undefined || (before !== undefined && before.N === undefined))
    throw new Refused('An operand in the update expression has an incorrect data type')
  return { N: String(Number(before?.N ?? 0) + Number(by.N)) }
}

function compare(word: string, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  // Two missing attributes are not compared; a missing one differs from everything.
  if (word === '<>') return a === undefined || b === undefined || !same(a, b)
  if (a === undefined || b === undefined) return false
  if (word === '=') return same(a, b)
  const order = orderOf(a, b)
  if (order === undefined) return false
  if (word === '<') return order < 0
  if (word === '<=') return order <= 0
  if (word === '>') return order > 0
  if (word === '>=') return order >= 0
  throw new Refused(`Syntax error: ${word}`)
}

/** Numbers by value, strings by their UTF-8 bytes; other types, and different ones, have no order. */
function orderOf(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N)
  if (a.S !== undefined && b.S !== undefined) return compareTexts(a.S, b.S)
  return undefined
}

export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

function same(a: AttributeValue, b: AttributeValue): boolean {
  if (a.S !== undefined) return a.S === b.S
  if (a.N !== undefined) return b.N !== undefined && Number(a.N) === Number(b.N)
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL
  if (a.NULL !== undefined) return a.NULL === b.NULL
  return JSON.stringify(a) === JSON.stringify(b)
}

function contains(holder: AttributeValue | undefined, sought: AttributeValue | undefined): boolean {
  if (holder === undefined || sought === undefined) return false
  if (holder.L !== undefined) return holder.L.some((element) => same(element, sought))
  return holder.S !== undefined && sought.S !== undefined && holder.S.includes(sought.S)
}

function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value?.L !== undefined) return { N: String(value.L.length) }
  if (value?.M !== undefined) return { N: String(Object.keys(value.M).length) }
  if (value?.S !== undefined) return { N: String(Buffer.byteLength(value.S)) }
  return undefined
}
