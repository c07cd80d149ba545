import { NotSerialisable } from './errors.ts'
import type { Json } from './json.ts'
import { JSON_DEPTH_MAX } from './limits.ts'
import { isPlain } from './realm.ts'

/**
 * A copy of `value` as JSON keeps it, which is what a replay will see: the author gets this copy on the first run too.
 * Throws `NotSerialisable`, naming the path, for whatever JSON would lose or change (dates, maps, functions, NaN,
 * cycles, class instances, halves of characters). A property that is undefined is left out, as JSON does.
 */
export function toJson(value: unknown, what: string): Json {
  return copy(value, { what, path: '$', above: [] })
}

type At = { readonly what: string; readonly path: string; readonly above: readonly object[] }

function copy(value: unknown, at: At): Json {
  if (value === null || typeof value === 'boolean') return value
  // Half a character cannot be stored as UTF-8: it would come back as another one.
  if (typeof value === 'string')
    return value.isWellFormed() ? value : refuse(at, 'text with half a character')
  if (typeof value === 'object') return copyObject(value, at)
  if (typeof value !== 'number') return refuse(at, value === undefined ? 'undefined' : `a ${typeof value}`)
  if (!Number.isFinite(value)) return refuse(at, String(value))
  // -0 is the one finite number that JSON turns into another.
  return Object.is(value, -0) ? 0 : value
}

function copyObject(value: object, at: At): Json {
  if (at.above.includes(value)) return refuse(at, 'a cycle')
  if (at.above.length >= JSON_DEPTH_MAX) return refuse(at, `nested deeper than ${JSON_DEPTH_MAX}`)
  const above = [...at.above, value]
  if (Array.isArray(value)) {
    // Array.from also visits holes, which JSON would turn into null.
    return Array.from(value, (item: unknown, index) =>
      copy(item, { ...at, above, path: `${at.path}[${index}]` }),
    )
  }
  if (!isPlain(value)) return refuse(at, `a ${className(value)}`)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]): [string, Json] => {
      const path = `${at.path}.${key}`
      return [
        key.isWellFormed() ? key : refuse({ ...at, path }, 'a key with half a character'),
        copy(item, { ...at, above, path }),
      ]
    })
  // fromEntries defines own properties, so a key named __proto__ stays data.
  return Object.fromEntries(entries)
}

function className(value: object): string {
  const maker: unknown = value.constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'object of a class'
}

function refuse(at: At, found: string): never {
  throw new NotSerialisable({ what: at.what, path: at.path, found })
}
