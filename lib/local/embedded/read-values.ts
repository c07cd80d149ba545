import { formatDecimal, parseDecimal } from './decimal.ts'
import { invalid, malformed } from './refusal.ts'
import { attributes, sortedSet, type Attributes, type TypeName, type Value } from './values.ts'

// Attribute values as they come over the wire are checked here, once, and brought into the one form that all else relies on.

const TYPES: ReadonlySet<string> = new Set<TypeName>([
  'S',
  'N',
  'B',
  'BOOL',
  'NULL',
  'L',
  'M',
  'SS',
  'NS',
  'BS',
])
/** "Attribute names: at most 64 KB long." */
const NAME_MAX_BYTES = 65_535
/** "Nested attributes: up to 32 levels deep." */
const LEVELS_MAX = 32
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const TOO_DEEP =
  'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit'

export function readAttributes(raw: unknown, at: string, level = 1): Attributes {
  const made = attributes()
  for (const [name, value] of Object.entries(objectOf(raw, at))) {
    checkName(name)
    if (value === null || value === undefined)
      throw invalid(`The supplied Item contains a null AttributeValue: ${name} is null`)
    made[name] = readValue(value, `${at}.${name}`, level)
  }
  return made
}

export function readValue(raw: unknown, at: string, level = 1): Value {
  if (level > LEVELS_MAX) throw invalid(TOO_DEEP)
  const members = Object.entries(objectOf(raw, at)).filter(
    ([type, value]) => TYPES.has(type) && value !== null && value !== undefined,
  )
  const [type, value] = members[0] ?? []
  if (type === undefined)
    throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
  if (members.length > 1)
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  return typed(type as TypeName, value, at, level)
}

function typed(type: TypeName, value: unknown, at: string, level: number): Value {
  switch (type) {
    case 'S':
      return { S: textOf(value, at) }
    case 'N':
      return { N: numberOf(value, at) }
    case 'B':
      return { B: binaryOf(value, at) }
    case 'BOOL':
      if (typeof value !== 'boolean') throw malformed(`${at}: expected a boolean`)
      return { BOOL: value }
    case 'NULL':
      if (typeof value !== 'boolean') throw malformed(`${at}: expected a boolean`)
      if (!value)
        throw invalid(
          'One or more parameter values were invalid: Null attribute value types must have the value of true',
        )
      return { NULL: true }
    case 'L':
      return { L: listOf(value, at).map((each, index) => readValue(each, `${at}[${index}]`, level + 1)) }
    case 'M':
      return { M: readAttributes(value, at, level + 1) }
    case 'SS':
    case 'NS':
    case 'BS':
      return readSet(type, listOf(value, at), at)
  }
}

function readSet(type: 'SS' | 'NS' | 'BS', raw: readonly unknown[], at: string): Value {
  if (raw.length === 0) throw invalid(`One or more parameter values were invalid: ${EMPTY[type]}`)
  const read = { SS: textOf, NS: numberOf, BS: binaryOf }[type]
  const members = raw.map((each) => {
    if (each === null)
      throw invalid(
        `One or more parameter values were invalid: An ${KIND[type]} set may not have a null ${KIND[type]} as a member`,
      )
    return read(each, at)
  })
  if (new Set(members).size < members.length) throw invalid(duplicates(type, members))
  return sortedSet(type, members)
}

const KIND = { SS: 'string', NS: 'number', BS: 'binary' } as const
const EMPTY = {
  SS: 'An string set  may not be empty',
  NS: 'An number set  may not be empty',
  BS: 'Binary sets should not be empty',
} as const

function duplicates(type: 'SS' | 'NS' | 'BS', members: readonly string[]): string {
  if (type === 'NS') return 'Input collection contains duplicates'
  const invalidValues = 'One or more parameter values were invalid: Input collection'
  return type === 'SS'
    ? `${invalidValues} [${members.join(', ')}] contains duplicates`
    : `${invalidValues} of type BS contains duplicates.`
}

function checkName(name: string): void {
  if (name === '') throw invalid('Empty attribute name')
  if (Buffer.byteLength(name) > NAME_MAX_BYTES)
    throw invalid('Attribute name is too large, must be less than 65536 bytes')
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== 'string') throw malformed(`${at}: expected a string`)
  return value
}

function numberOf(value: unknown, at: string): string {
  return formatDecimal(parseDecimal(textOf(value, at)))
}

function binaryOf(value: unknown, at: string): string {
  const text = textOf(value, at)
  if (!BASE64.test(text)) throw malformed(`${at}: expected base64`)
  return text
}

export function objectOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${at}: expected an object`)
  return value as Readonly<Record<string, unknown>>
}

export function listOf(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`${at}: expected a list`)
  return value as readonly unknown[]
}
