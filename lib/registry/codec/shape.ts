import { UnreadableItem } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'

// How a value is stored and how it is read back. Each stored thing is described once, as a shape, and the same
// description writes it, reads it, and refuses what does not fit.

/** Where a value stands: the item's key, and the path in it. For errors only. */
export type ItemPath = { readonly key: string; readonly path: string }

export type ItemShape<T> = {
  write(value: T): Json
  /** Throws `UnreadableItem` where `raw` is not what `write` makes. */
  read(raw: Json, at: ItemPath): T
}

type Field<T> = { readonly attr: string; readonly shape: ItemShape<T>; readonly optional: boolean }
type FieldOf<V> = undefined extends V
  ? Field<NonNullable<V>> & { readonly optional: true }
  : Field<V> & { readonly optional: false }
/** Each field of `T` with its stored name and shape; a field that may be absent has to say so. */
export type Fields<T> = { readonly [K in keyof T]-?: FieldOf<T[K]> }

export function needed<T>(attr: string, shape: ItemShape<T>) {
  return { attr, shape, optional: false } as const
}

export function optional<T>(attr: string, shape: ItemShape<T>) {
  return { attr, shape, optional: true } as const
}

export function unreadable(at: ItemPath, reason: string): UnreadableItem {
  return new UnreadableItem({ key: at.key, reason: at.path === '' ? reason : `${at.path}: ${reason}` })
}

/** A stored value as an error may name it: a number, or else only its type. */
export function shown(raw: Json | undefined): string {
  return raw === undefined ? 'missing' : typeof raw === 'number' ? String(raw) : `of type ${typeof raw}`
}

export const text: ItemShape<string> = {
  write: (value) => value,
  read(raw, at) {
    if (typeof raw === 'string') return raw
    throw unreadable(at, 'expected a string')
  },
}

/** A whole number from 0: counters, instants, sizes. */
export const whole: ItemShape<number> = {
  write: (value) => value,
  read(raw, at) {
    if (typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0) return raw
    throw unreadable(at, 'expected a whole number')
  },
}

/** An instant: a clock may be so wrong that it is before 1970. */
export const instant: ItemShape<number> = {
  write: (value) => value,
  read(raw, at) {
    if (typeof raw === 'number' && Number.isSafeInteger(raw)) return raw
    throw unreadable(at, 'expected epoch milliseconds')
  },
}

export const flag: ItemShape<boolean> = {
  write: (value) => value,
  read(raw, at) {
    if (typeof raw === 'boolean') return raw
    throw unreadable(at, 'expected true or false')
  },
}

export function oneOf<const T extends string>(words: readonly T[]): ItemShape<T> {
  return {
    write: (value) => value,
    read(raw, at) {
      const word = words.find((each) => each === raw)
      if (word === undefined) throw unreadable(at, `expected one of ${words.join(', ')}`)
      return word
    },
  }
}

export function listOf<T>(shape: ItemShape<T>): ItemShape<readonly T[]> {
  return {
    write: (values) => values.map((value) => shape.write(value)),
    read(raw, at) {
      if (!Array.isArray(raw)) throw unreadable(at, 'expected a list')
      return raw.map((value, index) => shape.read(value, { ...at, path: `${at.path}[${index}]` }))
    },
  }
}

/** A map with short keys. Attributes it does not know are left alone when it reads. */
export function struct<T extends object>(fields: Fields<T>): ItemShape<T> {
  return {
    write: (value) => writeFields(fields, value),
    read: (raw, at) => readFields(fields, mapOf(raw, at), at),
  }
}

/** A union told apart by one field, which is stored under `attr`; `cases` has the other fields of each member. */
export function variants<T extends { [K in D]: string }, const D extends string>(
  discriminator: D,
  attr: string,
  cases: { readonly [V in T[D]]: Fields<Omit<Extract<T, { [K in D]: V }>, D>> },
): ItemShape<T> {
  const fieldsOf = (variant: string): Fields<object> | undefined =>
    Object.hasOwn(cases, variant) ? cases[variant as T[D]] : undefined
  return {
    write: (value) => ({
      [attr]: value[discriminator],
      ...writeFields(fieldsOf(value[discriminator]) ?? {}, value),
    }),
    read(raw, at) {
      const attrs = mapOf(raw, at)
      const variant = attrs[attr]
      const fields = typeof variant === 'string' ? fieldsOf(variant) : undefined
      if (fields === undefined)
        throw unreadable({ ...at, path: `${at.path}.${attr}` }, 'names no known variant')
      // The fields of that variant were read, so with its name it is one of the union.
      return { [discriminator]: variant, ...readFields(fields, attrs, at) } as unknown as T
    },
  }
}

export function mapOf(raw: Json, at: ItemPath): { readonly [key: string]: Json } {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw unreadable(at, 'expected a map')
  return raw
}

/** The attributes of those fields that `value` has. */
export function writeFields<T extends object>(
  fields: Fields<T>,
  value: Partial<T>,
): { [attr: string]: Json } {
  const attrs: { [attr: string]: Json } = {}
  for (const name of namesOf(fields)) {
    const { attr, shape }: Field<unknown> = fields[name]
    if (value[name] !== undefined) attrs[attr] = shape.write(value[name])
  }
  return attrs
}

export function readFields<T extends object>(
  fields: Fields<T>,
  attrs: { readonly [attr: string]: Json },
  at: ItemPath,
): T {
  const value: Partial<T> = {}
  for (const name of namesOf(fields)) {
    const { attr, shape, optional } = fields[name]
    const raw = attrs[attr]
    const path = at.path === '' ? attr : `${at.path}.${attr}`
    if (raw !== undefined) value[name] = shape.read(raw, { ...at, path })
    else if (!optional) throw unreadable({ ...at, path }, 'is missing')
  }
  // Every field that is not optional was just read, or this line was not reached.
  return value as T
}

function namesOf<T extends object>(fields: Fields<T>): (keyof T)[] {
  return Object.keys(fields) as (keyof T)[]
}

/** The elements of an entry, taken one after another and checked. */
export class EntryParts {
  private readonly parts: readonly Json[]
  private readonly at: ItemPath
  private next = 0
  constructor(parts: readonly Json[], at: ItemPath) {
    this.parts = parts
    this.at = at
  }
  take<T>(shape: ItemShape<T>): T {
    const place = this.next++
    const at = { ...this.at, path: `${this.at.path}[${place}]` }
    const part = this.parts[place]
    if (part === undefined) throw unreadable(at, 'is missing')
    return shape.read(part, at)
  }
  maybe<T>(shape: ItemShape<T>): T | undefined {
    return this.next < this.parts.length ? this.take(shape) : undefined
  }
}
