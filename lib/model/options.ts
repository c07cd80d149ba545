import { given as told, InvalidConfig, InvalidInput, type Issue } from './errors.ts'
import { suggestion } from './suggestion.ts'

/**
 * How one option is checked. `any`: its own reader checks it; a list: one of these texts; an object: the options in it; else
 * by its type. `text` is a string of whole characters, `schema` a Standard Schema.
 */
type Check =
  | 'any'
  | 'string'
  | 'text'
  | 'flag'
  | 'positive'
  | 'function'
  | 'schema'
  | readonly string[]
  | { readonly [key: string]: Check }

/** A check for each key of an options type. A key that is forgotten here, or that the type lacks, does not compile. */
export type Options<T> = { readonly [Key in keyof Required<T>]: Check }

/** Throws `InvalidInput` on an option that does not exist, that is missing, or whose value is of the wrong type. */
export function expectOptions<T>(
  what: string,
  value: T | undefined,
  options: Options<T>,
  needs: readonly (keyof T & string)[] = [],
): void {
  const issues = optionIssues(value, options, '', needs)
  if (issues.length > 0) throw new InvalidInput({ what, issues })
}

/** The same for configuration. Throws `InvalidConfig`. */
export function expectConfig<T>(value: T | undefined, options: Options<T>, path = ''): void {
  const issues = optionIssues(value, options, path)
  if (issues.length > 0) throw new InvalidConfig({ issues })
}

/** Each option that is not known, and each that is of the wrong type, by its path. An option that is undefined is absent. */
export function optionIssues(
  value: unknown,
  options: object,
  path = '',
  needs: readonly string[] = [],
): Issue[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, message: `expected an object of options, got ${told(value)}` }]
  const known = options as { readonly [key: string]: Check }
  const given = Object.entries(value).filter(([, each]) => each !== undefined)
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const issues = given.flatMap(([key, each]): Issue[] => {
    const check = Object.hasOwn(known, key) ? known[key] : undefined
    return check === undefined
      ? [{ path: at(key), message: `no such option; ${suggestion(key, Object.keys(known))}` }]
      : valueIssues(each, check, at(key))
  })
  const symbols = Object.getOwnPropertySymbols(value).map((key) => ({
    path: at(String(key)),
    message: 'no such option; remove it',
  }))
  const missing = needs.filter((key) => !given.some(([name]) => name === key))
  return [...issues, ...symbols, ...missing.map((key) => ({ path: at(key), message: 'is missing' }))]
}

function valueIssues(value: unknown, check: Check, path: string): Issue[] {
  const unless = (fits: boolean, expected: string): Issue[] =>
    fits ? [] : [{ path, message: `expected ${expected}, got ${shown(value)}` }]
  if (Array.isArray(check)) return unless(check.includes(value), `one of ${check.join(', ')}`)
  switch (check) {
    case 'any':
      return []
    case 'string':
      return unless(typeof value === 'string', 'a text')
    case 'text':
      // Half a character would be stored as another one.
      if (typeof value !== 'string') return unless(false, 'a text')
      return value.isWellFormed() ? [] : [{ path, message: 'expected whole characters, got half of one' }]
    case 'flag':
      return unless(typeof value === 'boolean', 'true or false')
    case 'positive':
      return unless(typeof value === 'number' && value > 0, 'a number above 0')
    case 'function':
      return unless(typeof value === 'function', 'a function')
    case 'schema':
      return unless(isSchema(value), 'a Standard Schema')
    default:
      return optionIssues(value, check, path)
  }
}

export function isSchema(value: unknown): boolean {
  if (value === null || value === undefined) return false
  const { '~standard': standard } = value as { '~standard'?: { validate?: unknown } }
  return typeof standard?.validate === 'function'
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, SHOWN_MAX)) : told(value)
}

const SHOWN_MAX = 80
