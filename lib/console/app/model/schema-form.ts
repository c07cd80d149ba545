import type { Json } from '../../../model/json.ts'

// From a JSON schema to the fields of a form, and from what a person typed to JSON.

type FieldBase = {
  /** Where the value belongs, as a list of keys. */
  readonly path: readonly string[]
  readonly label: string
  readonly required: boolean
  readonly about?: string
}
export type Field = FieldBase &
  (
    | { readonly type: 'text'; readonly long: boolean; readonly pattern?: string; readonly format?: string }
    | { readonly type: 'number'; readonly whole: boolean; readonly least?: number; readonly most?: number }
    | { readonly type: 'flag' }
    | { readonly type: 'choice'; readonly options: readonly Json[] }
    /** What no simpler field can say. */
    | { readonly type: 'json' }
  )

/** Deeper objects are typed as JSON. */
const DEPTH_MAX = 3

type Schema = { readonly [key: string]: Json }

/** The fields of an object's schema, or undefined where a form says less than a text field of JSON would. */
export function fieldsOf(schema: Json | undefined): readonly Field[] | undefined {
  if (!isSchema(schema) || schema['type'] !== 'object' || !isSchema(schema['properties'])) return undefined
  return objectFields(schema, [], 0)
}

function objectFields(schema: Schema, path: readonly string[], depth: number): readonly Field[] {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(properties).flatMap(([key, inner]) => {
    const at = [...path, key]
    const needed = required.includes(key)
    // An optional object would need a switch for itself: it is typed as JSON.
    const isObject = isSchema(inner) && inner['type'] === 'object' && isSchema(inner['properties'])
    if (isObject && needed && depth < DEPTH_MAX) return objectFields(inner, at, depth + 1)
    return [fieldOf(isSchema(inner) ? inner : {}, at, needed)]
  })
}

function fieldOf(schema: Schema, path: readonly string[], required: boolean): Field {
  const about = textIn(schema, 'description') ?? textIn(schema, 'title')
  const base: FieldBase = {
    path,
    label: path.join('.'),
    required,
    ...(about === undefined ? {} : { about }),
  }
  const options = optionsOf(schema)
  if (options !== undefined) return { ...base, type: 'choice', options }
  const type = textIn(schema, 'type') ?? 'any'
  switch (type) {
    case 'string': {
      const pattern = textIn(schema, 'pattern')
      const format = textIn(schema, 'format')
      const long = (numberIn(schema, 'maxLength') ?? 0) > 200
      return {
        ...base,
        type: 'text',
        long,
        ...(pattern !== undefined && { pattern }),
        ...(format !== undefined && { format }),
      }
    }
    case 'number':
    case 'integer': {
      const least = numberIn(schema, 'minimum')
      const most = numberIn(schema, 'maximum')
      const whole = type === 'integer'
      return {
        ...base,
        type: 'number',
        whole,
        ...(least !== undefined && { least }),
        ...(most !== undefined && { most }),
      }
    }
    case 'boolean':
      return { ...base, type: 'flag' }
    default:
      return { ...base, type: 'json' }
  }
}

function optionsOf(schema: Schema): readonly Json[] | undefined {
  const { enum: listed, anyOf } = schema
  if ('const' in schema && schema['const'] !== undefined) return [schema['const']]
  if (Array.isArray(listed)) return listed
  if (!Array.isArray(anyOf) || anyOf.length === 0) return undefined
  const consts = anyOf.flatMap((each) =>
    isSchema(each) && each['const'] !== undefined ? [each['const']] : [],
  )
  return consts.length === anyOf.length ? consts : undefined
}

export type Filled =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly flaws: readonly { readonly label: string; readonly message: string }[] }

/** What was typed, by the label of its field, as one JSON value. An empty optional field is left out. */
export function filledForm(fields: readonly Field[], typed: ReadonlyMap<string, string>): Filled {
  const flaws: { label: string; message: string }[] = []
  const root: { [key: string]: Json } = {}
  for (const field of fields) {
    const text = typed.get(field.label) ?? ''
    const read = readField(field, text)
    if (read.flaw !== undefined) flaws.push({ label: field.label, message: read.flaw })
    else if (read.value !== undefined) put(root, field.path, read.value)
    // A required object is there even if all of its fields are left out.
    else put(root, field.path.slice(0, -1), undefined)
  }
  return flaws.length > 0 ? { ok: false, flaws } : { ok: true, value: root }
}

function readField(field: Field, text: string): { readonly value?: Json; readonly flaw?: string } {
  if (field.type === 'flag') return text === '' && !field.required ? {} : { value: text === 'true' }
  // An empty text is a text: a required field of a person's own words may be empty.
  if (text === '' && !(field.type === 'text' && field.required))
    return field.required ? { flaw: 'is required' } : {}
  switch (field.type) {
    case 'text':
      return { value: text }
    case 'number':
      return readNumber(field, text)
    case 'choice': {
      const chosen = field.options.find((option) => JSON.stringify(option) === text)
      return chosen === undefined ? { flaw: 'is none of the choices' } : { value: chosen }
    }
    case 'json':
      return readJson(text)
  }
}

function readNumber(
  { whole, least, most }: Extract<Field, { type: 'number' }>,
  text: string,
): { readonly value?: Json; readonly flaw?: string } {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) return { flaw: 'is not a number' }
  if (whole && !Number.isInteger(value)) return { flaw: 'is not a whole number' }
  if (least !== undefined && value < least) return { flaw: `is less than ${least}` }
  return most !== undefined && value > most ? { flaw: `is more than ${most}` } : { value }
}

/** A text as JSON, or what is wrong with it. */
export function readJson(text: string): { readonly value?: Json; readonly flaw?: string } {
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { flaw: `is not JSON: ${(error as SyntaxError).message}` }
  }
}

/** Sets a value deep in an object. Keys are the schema's: `__proto__` is a key like any other. */
function put(root: { [key: string]: Json }, path: readonly string[], value: Json | undefined): void {
  let at = root
  for (const [index, key] of path.entries()) {
    const last = index === path.length - 1
    if (last && value !== undefined) return void Object.defineProperty(at, key, own(value))
    const inner = Object.hasOwn(at, key) ? at[key] : undefined
    if (isSchema(inner)) at = inner
    else {
      const made: { [key: string]: Json } = {}
      Object.defineProperty(at, key, own(made))
      at = made
    }
  }
}

function own(value: Json): PropertyDescriptor {
  return { value, enumerable: true, writable: true, configurable: true }
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textIn(schema: Schema, key: string): string | undefined {
  const value = schema[key]
  return typeof value === 'string' ? value : undefined
}

function numberIn(schema: Schema, key: string): number | undefined {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}
